// Part of the tests: the built `xray` as a process: what goes to which stream, and how it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type Sandbox, sandboxSettings, startSandbox } from '../../src/sandbox/index.ts';
import { datagramOf, sendDatagrams } from '../support/datagrams.ts';

const DIST = join(import.meta.dirname, '..', '..', 'dist');
const SETTINGS = {
  PATH: env['PATH'] ?? '',
  AWS_EC2_METADATA_DISABLED: 'true',
  SIDECAST_DATA_DIR: 'memory',
  SIDECAST_OTLP_PORT: '0',
  SIDECAST_ADMIN_PORT: '0',
};

function start(
  program: 'xray' | 'image',
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
) {
  const child = spawn(execPath, [join(DIST, `${program}.js`), ...args], {
    env: { ...SETTINGS, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended };
}

async function ranToItsEnd(program: 'xray' | 'image', args: readonly string[]) {
  const { child, ended } = start(program, args);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Resolves with the first line of standard output that has this in it. */
async function line(child: ChildProcess, wanted: string): Promise<string> {
  let seen = '';
  for (;;) {
    const [chunk] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
    seen += chunk.toString();
    const found = seen
      .split('\n')
      .slice(0, -1)
      .find((one) => one.includes(wanted));
    if (found) return found;
  }
}

async function send(count: number, port: number): Promise<void> {
  const now = Date.now() / 1000;
  const datagrams = Array.from({ length: count }, (_, index) => {
    const id = index.toString(16).padStart(16, '0');
    const trace_id = `1-${Math.floor(now).toString(16)}-${index.toString(16).padStart(24, '0')}`;
    return datagramOf({ name: 'backend-flask', id, trace_id, start_time: now - 1, end_time: now });
  });
  await sendDatagrams(port, datagrams);
}

describe.each(['xray', 'image'] as const)('dist/%s.js', (program) => {
  it('prints its version on standard output', async () => {
    const { code, stdout, stderr } = await ranToItsEnd(program, ['-v']);

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^AWS X-Ray daemon version: \S+\n$/);
  });

  it('prints what is wrong with a flag on standard error, its usage on standard output, and ends with 2', async () => {
    const { code, stdout, stderr } = await ranToItsEnd(program, ['-o', '-n us-east-1']);

    expect([code, stderr]).toEqual([2, 'flag provided but not defined: -n us-east-1\n']);
    expect(stdout).toMatch(/^Usage: X-Ray \[options\]\n\t-a\t--resource-arn\t/);
  });

  it('logs on standard output, delivers, and ends with 0 at SIGTERM after what it had is sent', async () => {
    const vendors: Sandbox = await startSandbox();
    try {
      const { child, ended } = start(
        program,
        ['-o', '-t', '127.0.0.1:0', '-b', '127.0.0.1:0', '-l', 'debug', 'xray', '-b'],
        {
          ...sandboxSettings(vendors.url),
          SIDECAST_HOST: '127.0.0.1',
        },
      );
      const stderr = text(child.stderr);
      const listening = await line(child, 'Listening on UDP');
      const rest = text(child.stdout);

      await send(120, Number(listening.split(':').at(-1)));
      child.kill('SIGTERM');

      expect([await ended, await stderr]).toEqual([0, '']);
      const sent = [
        ...(await rest).matchAll(/Successfully sent batch of (\d+) segments \(\d+\.\d{3} seconds\)/g),
      ];
      expect(sent.reduce((sum, [, segments]) => sum + Number(segments), 0)).toBe(120);
      expect(vendors.counts()['aws-xray'].uniqueItems).toBe(120);
    } finally {
      await vendors.close();
    }
  });
});
