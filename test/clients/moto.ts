// Part of the tests: moto's server, an AWS that others wrote, from PyPI.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { env } from 'node:process';
import { createInterface } from 'node:readline';
import { python } from './venv.ts';

export interface Moto {
  url: string;
  stop(): Promise<void>;
}

export async function startMoto(): Promise<Moto> {
  const interpreter = await python();
  const child = spawn(interpreter, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', '0'], {
    env: { PATH: env['PATH'] ?? '', PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  const said: string[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      said.push(line);
      const found = /Running on (http:\/\/\S+)/.exec(line)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', () =>
      reject(new Error(`moto ended before it listened:\n${said.slice(-20).join('\n')}`)),
    );
  });
  return {
    url,
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
