// Part of the tests: a key that is refused, and a new one in its file. Nothing is started again, and nothing is lost.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Exporter } from '../../src/delivery/exporter.ts';
import { Delivery } from '../../src/delivery/loop.ts';
import type { Accepted } from '../../src/model/signals.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { startSandbox } from '../../src/sandbox/index.ts';
import { exception, group, span } from '../exporters/spans.ts';
import { settingsOf } from '../support/app.ts';
import { ok, reason, startRig } from '../support/delivery.ts';
import { buildExporters } from '../support/limits.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const ROWS = [
  {
    id: 'honeycomb',
    variable: 'HONEYCOMB_API_KEY',
    old: `hcaik_${'0'.repeat(58)}`,
    renewed: `hcaik_${'1'.repeat(58)}`,
  },
  { id: 'rollbar', variable: 'ROLLBAR_ACCESS_TOKEN', old: 'a'.repeat(32), renewed: 'b'.repeat(32) },
] as const;

describe.each(ROWS)('$id with its key in a file', ({ id, variable, old, renewed }) => {
  async function start(key: string) {
    const dir = await temporaryDir();
    cleanups.push(dir.remove);
    const path = join(dir.path, 'key');
    await writeFile(path, `${key}\n`);
    const sandbox = await startSandbox({
      credentials: { honeycombKeys: [renewed], rollbarTokens: [renewed] },
    });
    cleanups.push(sandbox.close);
    const clock = new ManualClock();
    const { exporters, close } = await buildExporters(
      { ...settingsOf(sandbox), [variable]: '', [`${variable}_FILE`]: path },
      clock,
    );
    cleanups.push(close);
    return { path, sandbox, exporter: exporters[id], clock };
  }

  it('sends again at once with the key that the file has by now', async () => {
    const { path, sandbox, exporter } = await start(old);
    const { items } = exporter.encode({ ...record(), position: 0 });
    const one = items.slice(0, 1);
    const signal = new AbortController().signal;
    const refused = await exporter.send(one, signal);
    await writeFile(path, `${renewed}\n`);

    const result = await exporter.send(one, signal);

    expect(refused).toMatchObject({
      status: 'blocked',
      reason: { code: expect.stringMatching(/unauthorized|forbidden/), fix: expect.stringContaining(path) },
    });
    expect(refused).toMatchObject({ reason: { fix: expect.stringContaining(`${variable}_FILE`) } });
    expect(result).toEqual({ status: 'delivered', refused: [] });
    // The first answer was for the old key, then for the old and the new one.
    expect(sandbox.counts()[id].requests).toBe(3);
    await exporter.send(one, signal);
    expect(sandbox.counts()[id].requests).toBe(4);
  });

  it(`holds everything while it is refused, asks every 30 s with little, and delivers it all when the file is renewed`, async () => {
    const { path, sandbox, exporter, clock } = await start(old);
    const rig = await startRig(exporter, 'memory', () => 0.5, clock);
    cleanups.push(rig.stop);
    for (let i = 0; i < 15; i++) await rig.accept(record(i));
    const items = rig.counts().accepted;
    await rig.until(() => rig.ledger.account('aws-xray')?.state === 'blocked');
    const firstRequests = sandbox.counts()[id].requests;
    const blockedMs = clock.now();

    await rig.until(() => sandbox.counts()[id].requests >= firstRequests + 4);

    expect(clock.now() - blockedMs).toBeGreaterThanOrEqual(3 * 30_000);
    expect(rig.counts()).toMatchObject({ accepted: items, queued: items });
    await writeFile(path, renewed);
    const renewedMs = clock.now();
    await rig.until(() => rig.ledger.account('aws-xray')?.state === 'on');
    expect(clock.now() - renewedMs).toBeLessThanOrEqual(31_000);
    await rig.until(() => rig.counts().queued === 0);

    expect(rig.ledger.account('aws-xray')).toMatchObject({ state: 'on', reason: null });
    expect(rig.counts()).toMatchObject({ delivered: items, rejected: 0 });
    const { items: arrived, uniqueItems } = sandbox.counts()[id];
    expect([arrived, uniqueItems]).toEqual([items, items]);
  }, 30_000);
});

describe(Delivery, () => {
  it('asks a destination that refuses the key with little, and has everything in one piece when it is taken', async () => {
    const clock = new ManualClock();
    const { exporters, close } = await buildExporters(
      { ...UNUSED, HONEYCOMB_API_KEY: ROWS[0].old, AWS_REGION: 'us-east-1', CLOUDWATCH_LOG_GROUP: 'g' },
      clock,
    );
    cleanups.push(close);
    let isTaken = false;
    const refused: { items: number; bytes: number }[] = [];
    const arrived: number[] = [];
    const honeycomb = exporters.honeycomb as Exporter<{ bytes: Uint8Array }>;
    const rig = await startRig(
      {
        ...honeycomb,
        async send(items) {
          const bytes = items.reduce((sum, item) => sum + item.bytes, 0);
          const summary = scan('traces', Buffer.concat(items.map(({ value }) => value.bytes))).summary;
          const indexes = items.flatMap(({ sources: { from, to } }) =>
            Array.from({ length: to - from }, (_, i) => from + i),
          );
          expect(summary.items).toBe(indexes.length);
          if (isTaken) arrived.push(...indexes);
          else refused.push({ items: indexes.length, bytes });
          return isTaken ? ok : { status: 'blocked', reason: reason('unauthorized') };
        },
      },
      'memory',
      () => 0.5,
      clock,
    );
    cleanups.push(rig.stop);
    await rig.accept(record(1, 1900));

    await rig.until(() => refused.length >= 6);

    expect(refused[0]?.items).toBe(1900);
    for (const { items, bytes } of refused.slice(1)) {
      expect(items).toBeLessThanOrEqual(10);
      expect(bytes).toBeLessThanOrEqual(65_536);
    }
    isTaken = true;
    await rig.until(() => rig.counts().queued === 0);
    expect(arrived.sort((a, b) => a - b)).toEqual(Array.from({ length: 1900 }, (_, index) => index));
    expect(rig.counts()).toMatchObject({ delivered: 1900 });
  });
});

const UNUSED = { ROLLBAR_ACCESS_TOKEN: ROWS[1].old };

function record(serial = 0, spans = 20): Accepted {
  const made = Array.from({ length: spans }, (_, index) =>
    span({
      traceId: (serial * 10_000 + index + 1).toString(16).padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      events: [exception('ValueError', `number ${serial}:${index}`)],
    }),
  );
  const payload = encodeTraces([group(made)]);
  const { summary } = scan('traces', payload);
  return { signal: 'traces', receivedAtMs: 1_800_000_000_000, payload, summary, origin: { peer: '' } };
}
