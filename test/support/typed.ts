// Part of the tests: a command as a person types it, in this process, with an environment of its own.
import { env } from 'node:process';
import { vi } from 'vitest';
import type { Edge } from '../../src/cli/edge.ts';

export interface Typed {
  code: number;
  out: string;
  err: string;
}

/** Nothing of this machine's settings for AWS, vendors or sidecast reaches a command. */
export function stubSettings(settings: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(env))
    if (
      /^(AWS_(?!SDK_)|SIDECAST_|HONEYCOMB_|ROLLBAR_|CLOUDWATCH_|ECS_|(HTTPS?|NO)_PROXY|(https?|no)_proxy)/.test(
        name,
      )
    )
      vi.stubEnv(name, undefined);
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value);
}

export async function type(
  command: (edge: Edge) => Promise<number>,
  flags: readonly string[] = [],
): Promise<Typed> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await command({
    flags,
    program: '',
    version: '1.2.3',
    isTerminal: false,
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    signal: new Promise(() => undefined),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}
