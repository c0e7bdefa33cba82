// Part of the tests: which partition a trace belongs to, and requests that hold several.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Filling } from '../../src/journal/kafka/filling.ts';
import { murmur2, partitionOf } from '../../src/journal/kafka/murmur2.ts';
import { spreadTraces } from '../../src/journal/kafka/traces.ts';
import type { Accepted, Signal } from '../../src/model/signals.ts';
import { decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { readDocuments } from '../../src/protocols/xray/datagram.ts';
import { encode, itemsOf } from '../protocols/otlp/oracle.ts';
import { segments } from '../support/delivery.ts';
import { spanRequest } from '../support/span-load.ts';

const PARTITIONS = 4;

const traces = (body: Uint8Array): Accepted => ({
  signal: 'traces',
  receivedAtMs: 1,
  payload: body,
  summary: scan('traces', body).summary,
  origin: { peer: 'a' },
});

const spansIn = ({ payload }: Pick<Accepted, 'payload'>) =>
  decodeTraces(payload).flatMap(({ spans }) => spans.map(({ traceId, spanId }) => ({ traceId, spanId })));

/** A field with a length. */
const field = (number: number, ...content: readonly Uint8Array[]) => {
  const bytes = Buffer.concat(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
};
const logRecord = (traceId: string) => (traceId ? field(2, field(9, Buffer.from(traceId, 'hex'))) : field(2));
const logs = (...traceIds: readonly string[]): Accepted => {
  const payload = field(1, field(2, ...traceIds.map(logRecord)));
  return { ...traces(new Uint8Array()), signal: 'logs', payload, summary: scan('logs', payload).summary };
};

describe('the partition of a key', () => {
  it.each([
    ['a-little-bit-long-string', -985981536],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])("is found as Kafka's own client finds it (its UtilsTest): %s", (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(partitionOf(Buffer.from(key), 7)).toBe((hash & 0x7fffffff) % 7);
  });
});

describe('a request that holds several traces', () => {
  const whole = traces(spanRequest(1).body);

  it('is cut by partition: all of a trace is where its key says, and nothing is missing', () => {
    const pieces = spreadTraces(whole, PARTITIONS);

    expect(pieces.length).toBeGreaterThan(1);
    for (const { part, key, partition } of pieces) {
      const spans = spansIn(part);
      const homes = spans.map(({ traceId }) => partitionOf(Buffer.from(traceId), PARTITIONS));
      expect(new Set(homes)).toEqual(new Set([partition]));
      expect(key?.toString()).toBe(spans[0]?.traceId);
      expect(part.summary).toEqual(scan('traces', part.payload).summary);
      expect(part.summary.services).toEqual(whole.summary.services);
    }
    const all = pieces.flatMap(({ part }) => spansIn(part));
    expect(all).toHaveLength(whole.summary.items);
    expect(all).toEqual(expect.arrayContaining(spansIn(whole)));
  });

  it('holds exactly the same items in its pieces, each in the partition of its trace, whatever it is like', () => {
    const traceId = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const span = fc.record({ traceId, spanId: fc.uint8Array({ minLength: 8, maxLength: 8 }) });
    const of = <T>(what: fc.Arbitrary<T>) => fc.array(what, { minLength: 1, maxLength: 4 });
    const scopeSpans = of(fc.record({ scope: fc.record({ name: fc.string() }), spans: of(span) }));
    const resource = fc.record({ droppedAttributesCount: fc.nat() });
    const request = fc.record({ resourceSpans: of(fc.record({ resource, scopeSpans })) });
    fc.assert(
      fc.property(request, fc.integer({ min: 1, max: 64 }), (some, partitions) => {
        const body = encode('traces', some);

        const pieces = spreadTraces(traces(body), partitions);

        const found = pieces.flatMap(({ part }) => itemsOf('traces', part.payload));
        expect(found.toSorted()).toEqual(itemsOf('traces', body).toSorted());
        expect(new Set(pieces.map(({ partition }) => partition)).size).toBe(pieces.length);
        for (const { part, partition } of pieces) {
          const homes = spansIn(part).map((one) => partitionOf(Buffer.from(one.traceId), partitions));
          expect(new Set(homes)).toEqual(new Set([partition]));
          expect(part.summary).toEqual(scan('traces', part.payload).summary);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('stays as it is where the topic has one partition', () => {
    expect(spreadTraces(whole, 1)).toMatchObject([{ part: whole, partition: 0 }]);
  });

  it('puts log records without a trace with those that have one', () => {
    const [one, other] = ['11'.repeat(16), '33'.repeat(16)];
    expect(partitionOf(Buffer.from(one), 2)).not.toBe(partitionOf(Buffer.from(other), 2));

    const pieces = spreadTraces(logs('', one, '', other, one), 2);

    expect(pieces.map(({ part, key }) => [key?.toString(), part.summary.items])).toEqual([
      [one, 4],
      [other, 1],
    ]);
  });

  it("has X-Ray's documents by the same key as its spans", () => {
    const id = '5759e988bd862e3fe1be46a994272793';
    const document = `{"trace_id": "1-${id.slice(0, 8)}-${id.slice(8)}", "id": "1"}`;

    const pieces = spreadTraces(
      segments('{"trace_id":"1-11111111-111111111111111111111111"}', document),
      1024,
    );

    expect(pieces).toHaveLength(2);
    const [, second] = pieces;
    expect(second?.key?.toString()).toBe(id);
    expect(readDocuments(second?.part.payload ?? Buffer.alloc(0)).map(String)).toHaveLength(1);
  });
});

describe('what belongs to no trace', () => {
  it.each([
    ['metrics', { ...logs(), signal: 'metrics' as const }],
    ['log records without a trace', logs('', '')],
    ['documents that are none', segments('a', 'b')],
  ])('goes anywhere, whole: %s', (_, accepted) => {
    expect(spreadTraces(accepted, PARTITIONS)).toEqual([
      { part: accepted, key: undefined, partition: undefined },
    ]);
  });
});

describe('one request to the brokers', () => {
  const topic = { partitions: 2, maxBytes: 100 };
  const topics = { traces: topic, logs: topic, metrics: topic, segments: topic };
  const message = (bytes: number, partition?: number, signal: Signal = 'traces') => ({
    part: { ...logs(), signal },
    partition,
    bytes,
  });

  it("fills one partition after the other, up to the topic's limit, with what may go anywhere", () => {
    const filling = new Filling(topics, 1);

    expect([60, 60, 40, 40, 1].map((bytes) => filling.place(message(bytes)))).toEqual([
      1,
      0,
      0,
      undefined,
      undefined,
    ]);
  });

  it('puts what has a key where it belongs, and ends where that is full', () => {
    const filling = new Filling(topics, 0);

    expect(filling.place(message(60, 1))).toBe(1);
    expect(filling.place(message(60, 1))).toBeUndefined();
    expect(filling.place(message(60, 1, 'logs'))).toBe(1);
  });
});
