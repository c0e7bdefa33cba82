// Part of the tests: `sidecast tail` in a pipe, as a process: it ends quietly when nobody reads any more.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { expect, it, onTestFinished } from 'vitest';
import { startTraffic } from '../../src/sandbox/index.ts';
import { startSidecast } from '../support/sidecast.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

it('ends when head has its lines', async () => {
  const sidecast = await startSidecast({});
  const script = `'${execPath}' '${MAIN}' tail --output json | head -n 2; echo "tail: \${PIPESTATUS[0]}"`;
  const env = { PATH: '/usr/bin:/bin', SIDECAST_ADMIN_PORT: new URL(sidecast.adminUrl).port };
  const child = spawn('bash', ['-c', script], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const err: string[] = [];
  const isFollowing = new Promise<void>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      err.push(line);
      resolve();
    });
  });
  const out: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => out.push(line));
  await isFollowing;
  const traffic = startTraffic({
    otlpUrl: sidecast.otlpUrl,
    xrayHost: '127.0.0.1',
    xrayPort: sidecast.xrayPort,
    requestsPerSecond: 20,
  });
  onTestFinished(async () => {
    await traffic.stop();
    await sidecast.stop();
  });

  await once(child, 'close');

  expect(out).toHaveLength(3);
  expect(JSON.parse(out[0] ?? '')).toMatchObject({ type: expect.stringMatching(/^(span|log)$/) });
  expect(out[2]).toBe('tail: 0');
  expect(err.filter((line) => !line.startsWith('Following'))).toEqual([]);
});
