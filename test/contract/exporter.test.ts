// Part of the tests: what delivery relies on, asked of every exporter of the registry.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registry } from '../../src/app/registry.ts';
import type { EncodedItem, Exporter } from '../../src/delivery/exporter.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { REASONS } from '../../src/model/reasons.ts';
import { bytesOf, type Shelved } from '../../src/model/shelf.ts';
import type { Accepted, JournalRecord, OtlpSignal } from '../../src/model/signals.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { frameDocuments, summarizeDocuments } from '../../src/protocols/xray/datagram.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { buildExporter } from '../support/limits.ts';

const CAPTURES = join(import.meta.dirname, '..', 'fixtures', 'captures');

/** The captures are from November 2026; CloudWatch Logs takes 14 days. */
function recordsOfCaptures(receivedAtMs: number): JournalRecord[] {
  const otlp = (signal: OtlpSignal, path: string): Accepted => {
    const payload = readFileSync(join(CAPTURES, path));
    return {
      signal,
      receivedAtMs,
      payload,
      summary: scan(signal, payload).summary,
      origin: { peer: '127.0.0.1' },
    };
  };
  const documents = ['python-xray', 'node-xray', 'go-xray', 'java-xray'].flatMap((folder) =>
    readdirSync(join(CAPTURES, folder))
      .filter((name) => name.endsWith('.udp.txt'))
      .map((name) => {
        const bytes = readFileSync(join(CAPTURES, folder, name));
        return bytes.subarray(bytes.indexOf(0x0a) + 1);
      }),
  );
  const accepted: Accepted[] = [
    otlp('traces', 'python-otel/01-traces-batch-1.bin'),
    otlp('traces', 'python-otel/02-traces-batch-2-errors.bin'),
    otlp('traces', 'python-otel-auto/02-traces-stable-semconv.bin'),
    otlp('traces', 'go-otel/01-traces.bin'),
    otlp('traces', 'java-otel/01-traces.bin'),
    otlp('logs', 'python-otel-auto/01-logs.bin'),
    otlp('metrics', 'python-otel-auto/03-metrics.bin'),
    {
      signal: 'segments',
      receivedAtMs,
      payload: frameDocuments(documents),
      summary: summarizeDocuments(frameDocuments(documents)),
      origin: { peer: '' },
    },
  ];
  return accepted.map((record, position) => ({ ...record, position }));
}

const http = createHttpClient({ connections: 8, clock: systemClock, proxies: {} });
let sandbox: Sandbox;
let records: JournalRecord[];

beforeAll(async () => {
  sandbox = await startSandbox();
  records = recordsOfCaptures(Date.now());
});
beforeEach(() => sandbox.reset());
afterAll(async () => {
  await http.close();
  await sandbox.close();
});

const build = (id: string, where = sandbox) => buildExporter(id, settingsOf(where), http);

function itemsOf(exporter: Exporter<unknown>): EncodedItem<unknown>[] {
  return records.flatMap((record) => exporter.encode(record).items);
}

/** One request's worth of one partition. */
function firstBatch(exporter: Exporter<unknown>): EncodedItem<unknown>[] {
  const items = itemsOf(exporter);
  const mine = items
    .filter((item) => item.partition === items[0]?.partition)
    .slice(0, Math.min(5, exporter.limits.maxItems));
  return exporter.limits.ordered ? mine.sort((a, b) => a.timeUnixMs - b.timeUnixMs) : mine;
}

describe.each(registry.map((row) => row.id))('the exporter of %s', (id) => {
  it('gives every source item an outcome: an item, a skip or a rejection', async () => {
    const exporter = await build(id);
    for (const record of records) {
      const { items, skipped, rejected } = exporter.encode(record);
      const covered = new Uint8Array(record.summary.items);
      for (const { from, to } of [...items.map((item) => item.sources), ...skipped, ...rejected]) {
        expect(from).toBeGreaterThanOrEqual(0);
        expect(to).toBeLessThanOrEqual(record.summary.items);
        covered.fill(1, from, to);
      }
      expect(
        covered.every((flag) => flag === 1),
        `${record.signal} ${record.position}`,
      ).toBe(true);
      for (const { code } of skipped) expect(code in REASONS).toBe(true);
    }
    await exporter.close();
  });

  it('encodes the same items again for a retry after a crash', async () => {
    const [one, other] = [await build(id), await build(id)];

    expect(itemsOf(one).map(inPlain)).toEqual(itemsOf(other).map(inPlain));
    await one.close();
    await other.close();
  });

  it('makes no item larger than a request may be', async () => {
    const exporter = await build(id);
    for (const item of itemsOf(exporter)) {
      expect(item.bytes).toBeLessThanOrEqual(exporter.limits.maxBytes);
      expect(item.sources.to - item.sources.from).toBeLessThanOrEqual(exporter.limits.maxItems);
    }
    await exporter.close();
  });

  it('delivers what real clients sent to a vendor that is strict', async () => {
    const exporter = await build(id);
    const batch = firstBatch(exporter);
    // What a destination makes on demand (groups, streams) costs a refusal the first time.
    await exporter.send(batch, new AbortController().signal);
    sandbox.reset();

    const result = await exporter.send(batch, new AbortController().signal);

    expect(result).toMatchObject({ status: 'delivered', refused: [] });
    expect(sandbox.counts()[row(id)].uniqueItems).toBeGreaterThan(0);
    expect(sandbox.counts()[row(id)].refused).toBe(0);
    await exporter.close();
  });

  it.each([
    [{ kind: 'status', status: 401 }, 'blocked'],
    [{ kind: 'status', status: 403 }, 'blocked'],
    [{ kind: 'status', status: 429, retryAfter: 3 }, 'retryable'],
    [{ kind: 'status', status: 500 }, 'retryable'],
    [{ kind: 'status', status: 503 }, 'retryable'],
    [{ kind: 'reset' }, 'retryable'],
    [{ kind: 'reset', at: 'body' }, 'retryable'],
    [{ kind: 'reset', at: 'answer' }, 'retryable'],
    [{ kind: 'html' }, 'blocked'],
  ] as const)('takes %j as %s, with the one thing to do', async (fault, status) => {
    const exporter = await build(id);
    const batch = firstBatch(exporter);
    // What a destination makes on demand (groups, streams) is there before the fault is.
    await exporter.send(batch, new AbortController().signal);
    sandbox.setFault(row(id), fault);

    const result = await exporter.send(batch, new AbortController().signal);

    expect(result.status).toBe(status);
    if (result.status !== 'delivered') {
      expect(result.reason.message).not.toBe('');
      expect(result.reason.fix).not.toBe('');
      expect(result.reason.code in REASONS).toBe(true);
    }
    sandbox.setFault(row(id), { kind: 'none' });
    await exporter.close();
  });

  it('ends a request that hangs when it is told to', async () => {
    const exporter = await build(id);
    const batch = firstBatch(exporter);
    await exporter.send(batch, new AbortController().signal);
    sandbox.setFault(row(id), { kind: 'hang' });
    const abort = new AbortController();
    const sending = exporter.send(batch, abort.signal);
    await eventually(
      () => sandbox.waiting(row(id)),
      (waiting) => waiting > 0,
    );

    abort.abort();

    expect((await sending).status).toBe('retryable');
    sandbox.setFault(row(id), { kind: 'none' });
    await exporter.close();
  });

  it('does not throw when nobody listens', async () => {
    const exporter = await build(id);
    const batch = firstBatch(exporter);
    const { close } = exporter;
    const gone = await startSandbox();
    await gone.close();
    const result = await (await build(id, gone)).send(batch, new AbortController().signal);

    expect(result).toMatchObject({ status: 'retryable', counts: false });
    await close();
  });

  it('checks its key without sending items', async () => {
    const exporter = await build(id);
    for await (const step of exporter.check()) expect(step.status, JSON.stringify(step)).not.toBe('failed');

    expect(sandbox.counts()[row(id)].items).toBe(0);
    await exporter.close();
  });

  it('closes twice', async () => {
    const exporter = await build(id);
    await exporter.close();
    await exporter.close();
  });
});

function row(id: string): (typeof registry)[number]['id'] {
  return id as (typeof registry)[number]['id'];
}

/** Where on a shelf an item waits is not a part of it. */
function inPlain<T extends { value: unknown }>(item: T): unknown {
  const { value } = item;
  if (typeof value !== 'object' || value === null) return item;
  if ('board' in value) return { ...item, value: bytesOf(value as Shelved).toString('latin1') };
  // Its bytes stand beside it.
  return 'shelved' in value ? { ...item, value: { ...value, shelved: undefined } } : item;
}
