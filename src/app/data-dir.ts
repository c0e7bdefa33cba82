// Part of app: where the journal lies when nobody said.
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_STATE_HOME/sidecast`, `~/.local/state/sidecast`, or `memory` when there is no usable home (XDG base directories). */
export function resolveDataDir(configured: string | undefined, env: Environment): string {
  if (configured) return configured;
  const state = env['XDG_STATE_HOME'];
  if (state && isAbsolute(state)) return join(state, 'sidecast');
  const home = env['HOME'];
  return home && isAbsolute(home) && home !== '/' && home !== '/nonexistent'
    ? join(home, '.local', 'state', 'sidecast')
    : 'memory';
}
