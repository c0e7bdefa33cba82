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

export interface Typing {
  /** Lines so far. */
  out: string[];
  err: string[];
  ended: Promise<number>;
  /** As `kill` or Ctrl-C would. */
  signal(name: string): void;
}

/** What has been said while a command goes on. */
export function typing(command: (edge: Edge) => Promise<number>, flags: readonly string[] = []): Typing {
  const [out, err]: [string[], string[]] = [[], []];
  let signal: (name: string) => void = () => undefined;
  const ended = command({
    flags,
    program: '',
    version: '1.2.3',
    isTerminal: false,
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    signal: new Promise((resolve) => {
      signal = resolve;
    }),
  });
  return { out, err, ended, signal };
}

/** With what it had said when it ended by itself, or by the signal. */
export async function type(
  command: (edge: Edge) => Promise<number>,
  flags: readonly string[] = [],
  signal?: Promise<string>,
): Promise<Typed> {
  const typed = typing(command, flags);
  void signal?.then(typed.signal);
  const code = await typed.ended;
  return { code, out: typed.out.join('\n'), err: typed.err.join('\n') };
}
