// Part of the tests: the search for the items that a vendor refuses, with every exporter's own way to cut a request.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDecoder } from '../../src/delivery/decoder.ts';
import type { Decoder, EncodedItem, Exporter } from '../../src/delivery/exporter.ts';
import { Delivery } from '../../src/delivery/loop.ts';
import { type Accepted, DESTINATION_IDS } from '../../src/model/signals.ts';
import { encodeTraces } from '../../src/protocols/otlp/encode.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { exception, group, span } from '../exporters/spans.ts';
import { ok, reason, segments, startRig, stubExporter } from '../support/delivery.ts';
import { type BuiltExporters, buildExporters } from '../support/limits.ts';
import { ManualClock } from '../support/records.ts';

/** Further requests that finding k of n may cost. */
const bound = (n: number, k: number) => (k === 0 ? 0 : 2 * k * (Math.ceil(Math.log2(n / k)) + 1));

const DENSITIES = [0, 0.003, 0.02, 0.1, 0.25, 0.26, 0.5, 0.9, 1];

/** Bad items among n, spread or in a row. */
const request = (most: number) =>
  fc
    .record({
      items: fc.integer({ min: 1, max: most }),
      density: fc.constantFrom(...DENSITIES),
      seed: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: most, maxLength: most }),
      inARow: fc.boolean(),
    })
    .map(({ items, density, seed, inARow }) => {
      const count = Math.ceil(items * density);
      const start = Math.floor((seed[0] ?? 0) * (items - count));
      const order = Array.from({ length: items }, (_, index) => index);
      const chosen = inARow
        ? order.slice(start, start + count)
        : order.sort((a, b) => (seed[a] ?? 0) - (seed[b] ?? 0)).slice(0, count);
      return { items, bad: new Set(chosen) };
    });

interface Ended {
  /** Beyond what the record takes when nothing is bad. */
  furtherRequests: number;
  /** Source items, as often as they were delivered. */
  delivered: readonly number[];
  buried: readonly string[];
}

/** Delivers one record to a vendor that refuses each request with a bad item as a whole. */
async function hunt<T>(exporter: Exporter<T>, record: Accepted, bad: ReadonlySet<number>): Promise<Ended> {
  const delivered: number[] = [];
  let requests = 0;
  const rig = await startRig<T>({
    ...exporter,
    close: async () => undefined,
    async send(items) {
      requests += 1;
      const sources = items.flatMap(({ sources: { from, to } }) =>
        Array.from({ length: to - from }, (_, index) => from + index),
      );
      if (sources.some((index) => bad.has(index)))
        return { status: 'rejected', reason: reason('vendor_rejected') };
      delivered.push(...sources);
      return ok;
    },
  });
  await rig.accept({ ...record, receivedAtMs: rig.clock.now() });
  await rig.until(() => rig.counts().queued === 0);
  const ended = { delivered: delivered.sort((a, b) => a - b), buried: rig.letters.map(({ id }) => id) };
  await rig.stop();
  return { ...ended, furtherRequests: requests };
}

function expectFound({ delivered, buried }: Ended, items: number, bad: ReadonlySet<number>): void {
  const good = Array.from({ length: items }, (_, index) => index).filter((index) => !bad.has(index));
  expect(delivered).toEqual(good);
  expect(buried.toSorted()).toEqual([...bad].map((index) => `0:${index}`).toSorted());
}

describe(`${Delivery.name}, for a request with bad items`, () => {
  it.each([1, 4])(
    'finds k of n with at most 2k(⌈log2(n/k)⌉ + 1) further requests, %i at a time, and delivers the others once',
    async (concurrency) => {
      const exporter = stubExporter(() => ok, { maxItems: 1000, maxBytes: 1_000_000, concurrency });
      await fc.assert(
        fc.asyncProperty(request(200), async ({ items, bad }) => {
          const record = segments(...Array.from({ length: items }, (_, index) => `item-${index}`));
          const ended = await hunt(exporter, record, bad);
          expectFound(ended, items, bad);
          expect(ended.furtherRequests - 1).toBeLessThanOrEqual(bound(items, bad.size));
        }),
        { numRuns: 200 },
      );
    },
    60_000,
  );

  describe('as each exporter cuts it', () => {
    let built: BuiltExporters;

    beforeAll(async () => {
      built = await buildExporters(SETTINGS, new ManualClock(), forgetful);
    });
    afterAll(() => built.close());

    it.each(DESTINATION_IDS)('%s: within the bound, and nothing delivered twice', async (id) => {
      const exporter = built.exporters[id];
      const { maxItems } = exporter.limits;
      await fc.assert(
        fc.asyncProperty(request(Math.min(maxItems, 120)), async ({ items, bad }) => {
          const ended = await hunt(exporter, requests(items, id === 'rollbar'), bad);
          expectFound(ended, items, bad);
          expect(ended.furtherRequests - Math.ceil(items / maxItems)).toBeLessThanOrEqual(
            bound(items, bad.size),
          );
        }),
        { numRuns: 25 },
      );
    });

    it('honeycomb: cuts the bytes as well as the books, with resource and scope in each part', async () => {
      const exporter = built.exporters.honeycomb as Exporter<{ bytes: Uint8Array }>;
      const [whole] = exporter.encode({ ...requests(9), position: 0 }).items as [
        EncodedItem<{ bytes: Uint8Array }>,
      ];

      const parts = exporter.split?.(whole, 4) ?? [];

      expect(parts.map(({ sources }) => [sources.from, sources.to])).toEqual([
        [0, 4],
        [4, 9],
      ]);
      const summaries = parts.map(({ value }) => scan('traces', value.bytes).summary);
      expect(summaries.map(({ items, services }) => [items, services])).toEqual([
        [4, ['api']],
        [5, ['api']],
      ]);
      expect(parts.map(({ bytes, value }) => bytes - value.bytes.length)).toEqual([0, 0]);
    });
  });

  it('spreads the search over requests that bring several records', async () => {
    const exporter = stubExporter(() => ok, { maxItems: 1000, maxBytes: 1_000_000 });
    const sent: string[][] = [];
    const rig = await startRig<string>({
      ...exporter,
      async send(items) {
        sent.push(items.map(({ value }) => value));
        return items.some(({ value }) => value.endsWith('!'))
          ? { status: 'rejected', reason: reason('vendor_rejected') }
          : ok;
      },
    });
    await rig.accept(segments('a', 'b!', 'c'));
    await rig.accept(segments('d', 'e', 'f', 'g', 'h!'));

    await rig.until(() => rig.counts().queued === 0);

    expect(sent[0]).toEqual(['a', 'b!', 'c', 'd', 'e', 'f', 'g', 'h!']);
    expect(rig.letters.map(({ id }) => id).toSorted()).toEqual(['0:1', '1:4']);
    expect(rig.counts()).toMatchObject({ delivered: 6, rejected: 2 });
    expect(sent.length - 1).toBeLessThanOrEqual(bound(8, 2));
    await rig.stop();
  });
});

/** Every run has a record 0 of its own. */
const forgetful: Decoder = {
  notableSpans: (record, visit) => createDecoder().notableSpans(record, visit),
  raisingSpans: (record) => createDecoder().raisingSpans(record),
  logs: (record) => createDecoder().logs(record),
  segments: (record) => createDecoder().segments(record),
};

const SETTINGS = {
  HONEYCOMB_API_KEY: 'hcaik_01hqk4k20cjeh63wca8vva5stw70nft6m5n8wr8f5mjx3762s8269j50wc',
  AWS_REGION: 'us-east-1',
  CLOUDWATCH_LOG_GROUP: 'cruddur',
  ROLLBAR_ACCESS_TOKEN: '0123456789abcdef0123456789abcdef',
};

/** One item for each span: a request that was served, or an exception of its own where Rollbar is asked. */
function requests(items: number, fail = false): Accepted {
  const spans = Array.from({ length: items }, (_, index) =>
    span({
      traceId: (index + 1).toString(16).padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      startTimeUnixNano: 1_800_000_000_000_000_000n,
      endTimeUnixNano: 1_800_000_000_012_000_000n,
      events: fail ? [exception('ValueError', `number ${index}`)] : [],
    }),
  );
  const payload = encodeTraces([group(spans)]);
  const { summary } = scan('traces', payload);
  return { signal: 'traces', receivedAtMs: 1_800_000_000_000, payload, summary, origin: { peer: '' } };
}
