// Part of the tests: the built program as a person types it, as a process of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { env, execPath } from 'node:process';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

export interface Typed {
  code: number | null;
  /** Standard output and standard error. */
  said: string;
}

export interface Typing {
  said(): string;
  ended: Promise<Typed>;
  stop(): void;
}

/** Nothing of this process's environment but PATH reaches it. */
export function startTyped(
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Typing {
  const child = spawn(execPath, [MAIN, ...words], {
    env: { PATH: env['PATH'] ?? '', AWS_EC2_METADATA_DISABLED: 'true', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  return {
    said: () => said,
    ended: new Promise((resolve) => child.once('close', (code) => resolve({ code, said }))),
    stop: () => void child.kill('SIGTERM'),
  };
}

export const type = (words: readonly string[], settings?: Readonly<Record<string, string>>) =>
  startTyped(words, settings).ended;
