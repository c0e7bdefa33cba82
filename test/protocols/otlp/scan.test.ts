// Part of the tests of protocols/otlp: what the scan counts, refuses and cuts out.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OtlpSignal } from '../../../src/model/signals.ts';
import { protobufToJson } from '../../../src/protocols/otlp/json.ts';
import { MalformedError } from '../../../src/protocols/otlp/malformed.ts';
import { explainInvalid, scan } from '../../../src/protocols/otlp/scan.ts';
import { Writer } from '../../../src/protocols/otlp/writer.ts';
import { capture, encode, itemsOf, type Plain, requests, SIGNALS } from './oracle.ts';

const traceId = Buffer.alloc(16, 1);
const spanId = Buffer.alloc(8, 2);
const spans = (...items: Plain[]) =>
  encode('traces', {
    resourceSpans: [{ scopeSpans: [{ spans: items.map((item) => ({ traceId, spanId, ...item })) }] }],
  });
const logs = (...items: Plain[]) =>
  encode('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: items }] }] });
/** A request around the bytes of one span. */
const around = (span: Uint8Array) => {
  const w = new Writer();
  const resourceSpans = w.open(1);
  const scopeSpans = w.open(2);
  w.bytes(2, span);
  w.close(scopeSpans);
  w.close(resourceSpans);
  return w.finish();
};

describe('what the scan counts', () => {
  it('sees the Flask app as its capture was made', () => {
    expect(scan('traces', capture('python-otel/02-traces-batch-2-errors.bin')).summary).toMatchObject({
      items: 22,
      serverSpans: 13,
      errors: 6,
      exceptions: 6,
      services: ['backend-flask'],
    });
    expect(scan('logs', capture('python-otel-auto/01-logs.bin')).summary.exceptions).toBe(1);
  });

  it('takes an empty body for an empty request', () => {
    const empty = { items: 0, serverSpans: 0, errors: 0, exceptions: 0, untimed: 0, services: [] };
    for (const signal of SIGNALS)
      expect(scan(signal, new Uint8Array())).toMatchObject({ summary: empty, invalid: [] });
  });

  it('counts server spans, errors and spans with an exception, each span once', () => {
    const { summary } = scan(
      'traces',
      spans(
        { kind: 2, status: { code: 2 }, events: [{ name: 'exception' }, { name: 'exception' }] },
        { kind: 3, status: { code: 1 }, events: [{ name: 'exceptions' }] },
        { kind: 2 },
      ),
    );
    expect(summary).toMatchObject({ items: 3, serverSpans: 2, errors: 1, exceptions: 1 });
  });

  it('counts logs from ERROR up, logs with exception attributes, and logs without a time', () => {
    const { summary } = scan(
      'logs',
      logs(
        { timeUnixNano: '5', severityNumber: 17 },
        { timeUnixNano: '5', severityNumber: 16, attributes: [{ key: 'exception.type', value: {} }] },
        { timeUnixNano: '0', severityNumber: 21, attributes: [{ key: 'exceptional' }] },
        {},
      ),
    );
    expect(summary).toMatchObject({ items: 4, errors: 2, exceptions: 1, untimed: 2 });
  });

  it('names services in the order seen, once', () => {
    const named = (name: string) => ({
      resource: {
        attributes: [{ key: 'service.namex' }, { key: 'service.name', value: { stringValue: name } }],
      },
    });
    const body = encode('traces', { resourceSpans: [named('b'), named('a'), named('b'), {}] });
    expect(scan('traces', body).summary.services).toEqual(['b', 'a']);
  });

  it('counts what protobufjs finds, in any request', () => {
    for (const signal of SIGNALS) {
      fc.assert(
        fc.property(requests[signal], (request) => {
          const body = encode(signal, request);
          const { summary, invalid } = scan(signal, body);
          expect(summary.items).toBe(itemsOf(signal, body).length);
          expect(invalid).toEqual([]);
        }),
        { numRuns: 150 },
      );
    }
  });
});

describe('items with wrong ids', () => {
  it('are named by their index', () => {
    const body = spans(
      {},
      { traceId: Buffer.alloc(8) },
      { spanId: Buffer.alloc(16) },
      { parentSpanId: Buffer.alloc(8) },
      { parentSpanId: Buffer.alloc(7) },
      { traceId: Buffer.alloc(0) },
      { links: [{}] },
      { links: [{ traceId: Buffer.alloc(15) }] },
    );
    const { summary, invalid, crowded } = scan('traces', body);
    expect(invalid).toEqual([1, 2, 4, 5, 7]);
    expect(explainInvalid('traces', summary.items, invalid.length, crowded)).toContain('5 of 8 spans');
  });

  it('may lack ids in logs and exemplars, but not have half of one', () => {
    expect(
      scan('logs', logs({}, { traceId, spanId }, { traceId: spanId }, { spanId: traceId })).invalid,
    ).toEqual([2, 3]);
    const gauge = {
      dataPoints: [{ exemplars: [{}, { traceId, spanId }] }, { exemplars: [{ spanId: Buffer.alloc(3) }] }],
    };
    const body = encode('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ gauge }] }] }] });
    expect(scan('metrics', body)).toMatchObject({ summary: { items: 2 }, invalid: [1] });
  });
});

describe('bytes that are not a request', () => {
  it('says so when the body is JSON', () => {
    expect(() => scan('traces', Buffer.from('{"resourceSpans":[]}'))).toThrow(/looks like JSON/);
  });

  it('refuses a body cut anywhere inside a field', () => {
    const body = capture('go-otel/01-traces.bin');
    const taken = [];
    for (let length = 1; length < body.length; length++) {
      try {
        scan('traces', body.subarray(0, length));
        taken.push(length);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
      }
    }
    expect(taken).toEqual([]);
  });

  it('refuses a known field with another wire type, wherever it is', () => {
    const wrong: [string, (w: Writer) => void][] = [
      ['name as a number', (w) => w.varint(5, 1)],
      ['kind as a string', (w) => w.string(6, 'SERVER')],
      ['start as a varint', (w) => w.varint(7, 1)],
      ['flags as a varint', (w) => w.varint(16, 1)],
      ['attribute key as a number', (w) => void nest(w, [9], (inner) => inner.varint(1, 1))],
      ['string value as a double', (w) => void nest(w, [9, 2], (inner) => inner.double(1, 1))],
      ['status code as a string', (w) => void nest(w, [15], (inner) => inner.string(3, 'ERROR'))],
      ['event time as a varint', (w) => void nest(w, [11], (inner) => inner.varint(1, 1))],
    ];
    for (const [what, write] of wrong) {
      const w = new Writer();
      write(w);
      expect(() => scan('traces', around(w.finish())), what).toThrow(MalformedError);
    }
  });

  it('refuses lengths within an attribute that do not fit it', () => {
    const attribute = (...bytes: number[]) => {
      const w = new Writer();
      w.bytes(9, Uint8Array.from(bytes));
      return around(w.finish());
    };
    expect(scan('traces', attribute(0x0a, 1, 0x6b, 0x12, 3, 0x0a, 1, 0x78)).summary.items).toBe(1);
    expect(scan('traces', attribute(0x0a, 1, 0x6b, 0x12, 3, 0x0a, 1, 0x78, 0x18, 1)).summary.items).toBe(1);
    for (const wrong of [
      [0x0a, 1, 0x6b, 0x12, 5, 0x0a, 1, 0x78],
      [0x0a, 1, 0x6b, 0x12, 3, 0x0a, 2, 0x78],
      [0x0a, 1, 0x6b, 0x12, 3, 0x0a, 0, 0x78],
      [0x0a, 9, 0x6b, 0x12, 3, 0x0a, 1, 0x78],
      [0x0a, 1, 0x6b, 0x12, 1, 0x0a, 1, 0x78],
    ]) {
      expect(() => scan('traces', attribute(...wrong)), String(wrong)).toThrow(MalformedError);
    }
  });

  it.each([
    ['traces', 'an entity that is no message', [0x0a, 0x05, 0x0a, 0x03, 0x1a, 0x01, 0x80]],
    [
      'metrics',
      'bucket counts that end inside a number',
      [0x0a, 0x0b, 0x12, 0x09, 0x12, 0x07, 0x4a, 0x05, 0x0a, 0x03, 0x32, 0x01, 0x00],
    ],
    [
      'metrics',
      'exponential counts without an end',
      [0x0a, 0x0d, 0x12, 0x0b, 0x12, 0x09, 0x52, 0x07, 0x0a, 0x05, 0x42, 0x03, 0x12, 0x01, 0x80],
    ],
  ] as const)(
    'refuses, of %s, %s: found by fuzzing, a dead letter could not be written of it',
    (signal, _, bytes) => {
      expect(() => scan(signal, Uint8Array.from(bytes))).toThrow(MalformedError);
      expect(() => protobufToJson(signal, Uint8Array.from(bytes))).toThrow(MalformedError);
    },
  );

  it('refuses values nested deeper than 100, and takes 100', () => {
    const nested = (depth: number) => {
      const w = new Writer();
      nest(w, [9, 2, ...Array.from({ length: depth }, () => [5, 1]).flat()], (inner) => inner.string(1, 'x'));
      return around(w.finish());
    };
    expect(scan('traces', nested(100)).summary.items).toBe(1);
    expect(() => scan('traces', nested(101))).toThrow(/nested deeper/);
    expect(() => scan('traces', nested(20_000))).toThrow(/nested deeper/);
  });

  it('never fails in another way, whatever the bytes', () => {
    const random = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(fc.nat(2000), fc.nat(255)).map(([at, byte]) => {
        const body = Buffer.from(capture('python-otel/04-traces-small.bin'));
        body[at % body.length] = byte;
        return new Uint8Array(body);
      }),
    );
    fc.assert(
      fc.property(random, fc.constantFrom(...SIGNALS), (bytes, signal) => {
        try {
          scan(signal, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedError);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('fields of the future', () => {
  it('are passed over, groups too', () => {
    const w = new Writer();
    w.bytes(1, traceId);
    w.bytes(2, spanId);
    w.string(99, 'new');
    w.fixed64(100, 1n);
    const span = Buffer.concat([w.finish(), Buffer.from([0xf3, 0x01, 0x08, 0x01, 0xf4, 0x01])]);
    expect(scan('traces', around(span))).toMatchObject({ summary: { items: 1 }, invalid: [] });
    const unended = Buffer.concat([span, Buffer.from([0xf3, 0x01, 0x08, 0x01])]);
    expect(() => scan('traces', around(unended))).toThrow(/group/);
  });
});

function nest(w: Writer, path: readonly number[], write: (w: Writer) => void): void {
  const marks = path.map((field) => w.open(field));
  write(w);
  for (const mark of marks.reverse()) w.close(mark);
}

describe('what would take gigabytes to decode', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}` }));
  const ids = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1) };
  const span = (members: object) =>
    encode('traces', { resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, ...members }, ids] }] }] });
  const log = (members: object) =>
    encode('logs', { resourceLogs: [{ scopeLogs: [{ logRecords: [members, {}] }] }] });
  const metric = (kind: string, members: object) =>
    encode('metrics', {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ [kind]: { dataPoints: [members, {}] } }] }] }],
    });
  const values = Array.from({ length: 20_001 }, () => ({}));
  const numbers = Array.from({ length: 20_001 }, () => '300');

  it.each<[string, OtlpSignal, Uint8Array]>([
    ['attributes', 'traces', span({ attributes: many(20_001) })],
    ['events', 'traces', span({ events: many(20_001).map(() => ({ name: 'e' })) })],
    ['links', 'traces', span({ links: many(20_001).map(() => ({ flags: 1 })) })],
    ['attributes of events', 'traces', span({ events: [{ attributes: many(20_001) }] })],
    ['values in a list', 'traces', span({ attributes: [{ key: 'a', value: { arrayValue: { values } } }] })],
    ['members of a body', 'logs', log({ body: { kvlistValue: { values: many(20_001) } } })],
    ['attributes of a gauge', 'metrics', metric('gauge', { attributes: many(20_001) })],
    ['attributes of a sum', 'metrics', metric('sum', { attributes: many(20_001) })],
    ['exemplars', 'metrics', metric('gauge', { exemplars: many(20_001).map(() => ({ asInt: '1' })) })],
    [
      'attributes of an exemplar',
      'metrics',
      metric('sum', { exemplars: [{ filteredAttributes: many(20_001) }] }),
    ],
    ['attributes of a histogram', 'metrics', metric('histogram', { attributes: many(20_001) })],
    ['buckets', 'metrics', metric('histogram', { bucketCounts: numbers })],
    ['bounds', 'metrics', metric('histogram', { explicitBounds: numbers.map(Number) })],
    [
      'exponential buckets',
      'metrics',
      metric('exponentialHistogram', { positive: { bucketCounts: numbers } }),
    ],
    ['attributes of those', 'metrics', metric('exponentialHistogram', { attributes: many(20_001) })],
    ['quantiles', 'metrics', metric('summary', { quantileValues: values.map(() => ({ quantile: 1 })) })],
    ['attributes of a summary', 'metrics', metric('summary', { attributes: many(20_001) })],
  ])('is an item with too many %s: it alone is cut out', (_what, signal, body) => {
    expect(scan(signal, body)).toMatchObject({ invalid: [0], crowded: 1, summary: { items: 2 } });
    expect(explainInvalid(signal, 2, 1, 1)).toContain('1 of 2');
  });

  it('is a resource or scope with too many attributes: the request is refused', () => {
    const attributes = many(20_001);
    for (const part of [{ resource: { attributes } }, { scopeSpans: [{ scope: { attributes } }] }])
      expect(() => scan('traces', encode('traces', { resourceSpans: [part] }))).toThrow(/more than 20000/);
  });

  it('is an entity with too many keys', () => {
    const idKeys = many(20_001).map(({ key }) => key);
    const resource = { entityRefs: [{ type: 'host', idKeys }] };
    expect(() => scan('traces', encode('traces', { resourceSpans: [{ resource }] }))).toThrow(
      /a resource has more than 20000/,
    );
  });

  it('is not a histogram with thousands of buckets', () => {
    const some = numbers.slice(0, 6000);
    for (const [kind, members] of [
      ['histogram', { bucketCounts: some, explicitBounds: some.slice(1).map(Number) }],
      ['exponentialHistogram', { positive: { bucketCounts: some } }],
    ] as const)
      expect(scan('metrics', metric(kind, members))).toMatchObject({
        invalid: [],
        crowded: 0,
        summary: { items: 2 },
      });
  });

  it('is not what has many bytes', () => {
    const body = span({ attributes: [{ key: 'a', value: { stringValue: 'x'.repeat(1e6) } }, ...many(5000)] });
    expect(scan('traces', body)).toMatchObject({ invalid: [], crowded: 0 });
  });

  it('names services up to a bound', () => {
    const named = (name: string) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: name } }] },
      scopeSpans: [{ spans: [ids] }],
    });
    const resourceSpans = [named('x'.repeat(300)), ...Array.from({ length: 500 }, (_, i) => named(`s${i}`))];
    const { services } = scan('traces', encode('traces', { resourceSpans })).summary;
    expect(services).toHaveLength(100);
    expect(services[0]).toBe('s0');
  });
});
