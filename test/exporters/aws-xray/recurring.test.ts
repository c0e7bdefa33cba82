// Part of the tests: exporters/aws-xray/recurring.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { documentOf, encode } from '../../../src/exporters/aws-xray/encoder.ts';
import { createRecurringSpans, type RecurringSpans } from '../../../src/exporters/aws-xray/recurring.ts';
import type { Resource, Scope, Span } from '../../../src/model/otlp.ts';
import { encodeTraces } from '../../../src/protocols/otlp/encode.ts';
import { spanToDocument } from '../../../src/protocols/xray/from-spans.ts';
import { span as anySpan, hex } from '../../protocols/xray/any-span.ts';
import { capture, record } from '../records.ts';

const SCOPE: Scope = { name: 'flask', version: '1', attributes: new Map() };
const resource = (service: string): Resource => ({ attributes: new Map([['service.name', service]]) });
const SHOP = resource('shop');
const START = 1_795_225_600_123_456_789n;
const id = (digit: number) => digit.toString(16).repeat(16);

const query = (n: number, changes: Partial<Span> = {}): Span => ({
  traceId: id(n).repeat(2),
  spanId: id(n),
  parentSpanId: id(n + 1),
  traceState: '',
  flags: 0,
  name: 'SELECT "é"',
  kind: 3,
  startTimeUnixNano: START + BigInt(n) * 1_000_000_000n,
  endTimeUnixNano: START + BigInt(n) * 1_000_100_000n,
  attributes: new Map<string, string | number>([
    ['db.system', 'postgresql'],
    ['db.statement', 'SELECT "é"'],
    ['rows', 3],
  ]),
  events: [],
  links: [],
  status: { code: 0, message: '' },
  ...changes,
});

/** The documents of a request with these spans, as JSON reads them, and how many were translated. */
function documentsOf(spans: readonly Span[], recurring?: RecurringSpans, of = SHOP, scope = SCOPE) {
  let translated = 0;
  const toDocument: typeof spanToDocument = (...args) => {
    translated += 1;
    return spanToDocument(...args);
  };
  const received = record('traces', encodeTraces([{ resource: of, scope, spans }]), spans.length);
  const { items } = encode(received, { toDocument, recurring });
  const documents = items.map(({ value }) =>
    JSON.stringify(JSON.parse(Buffer.from(documentOf(value)).toString())),
  );
  return { documents, translated, places: items.map(({ sources }) => sources.from) };
}

describe(createRecurringSpans, () => {
  it('translates what recurs twice, and from then on fills in ids and times', () => {
    const spans = [1, 2, 3, 4, 5].map((n) => query(n));
    const { documents, translated } = documentsOf(spans, createRecurringSpans());
    expect(translated).toBe(2);
    expect(documents).toEqual(documentsOf(spans).documents);
    expect(JSON.parse(documents[4]!)).toMatchObject({
      id: id(5),
      trace_id: `1-${id(5).slice(0, 8)}-${id(5).repeat(2).slice(8)}`,
      parent_id: id(6),
      start_time: 1_795_225_605.123457,
    });
  });

  it('gives any span the document that the translation gives, however often it recurs', () => {
    let filledIn = 0;
    const plain = anySpan.map((span): Span => ({ ...span, events: [], links: [] }));
    const now = fc.bigInt({ min: START, max: START + 2n ** 50n });
    const others = fc.array(
      fc.record({ traceId: hex(32), spanId: hex(16), parent: hex(16), now, ms: fc.nat(9999) }),
      {
        minLength: 3,
        maxLength: 5,
      },
    );
    fc.assert(
      fc.property(fc.oneof(anySpan, plain), others, (span, ids) => {
        const spans = ids.map(({ traceId, spanId, parent, now: startTimeUnixNano, ms }) => ({
          ...span,
          traceId,
          spanId,
          parentSpanId: span.parentSpanId === '' ? '' : parent,
          startTimeUnixNano,
          endTimeUnixNano: startTimeUnixNano + BigInt(ms) * 1_000_001n,
        }));
        const made = documentsOf(spans, createRecurringSpans());
        const { documents, places } = documentsOf(spans);
        expect([made.documents, made.places]).toEqual([documents, places]);
        filledIn += spans.length - made.translated;
      }),
      { numRuns: 300 },
    );
    expect(filledIn).toBeGreaterThan(100);
  });

  it.each([
    ['exceptions', { events: [{ name: 'exception', timeUnixNano: START, attributes: new Map() }] }],
    [
      'a failure, whose exception has an id that follows from the span',
      { status: { code: 2, message: 'no' } },
    ],
    ['an end before the start', { endTimeUnixNano: 1_000_000_000_000_000_000n }],
    ['times before 2001', { startTimeUnixNano: 1_000_000n }],
    [
      'times after 2255, when microseconds are no safe integers',
      { startTimeUnixNano: 9_938_655_365_653_897_942n, endTimeUnixNano: 9_938_655_366_653_897_942n },
    ],
    ['no end', { endTimeUnixNano: 0n }],
    ['no parent, which gets a segment around it', { parentSpanId: '' }],
  ] as [string, Partial<Span>][])('translates spans with %s each time', (_, changes) => {
    const spans = [1, 2, 3, 4].map((n) => query(n, changes));
    const { documents, translated } = documentsOf(spans, createRecurringSpans());
    expect(translated).toBe(4);
    expect(documents).toEqual(documentsOf(spans).documents);
  });

  it('keeps what comes of other resources and scopes apart', () => {
    const recurring = createRecurringSpans();
    const spans = [1, 2, 3].map((n) => query(n, { kind: 2 }));
    for (const of of [SHOP, resource('cart'), SHOP, resource('cart')])
      for (const scope of [SCOPE, { ...SCOPE, name: 'django' }])
        expect(documentsOf(spans, recurring, of, scope).documents).toEqual(
          documentsOf(spans, undefined, of, scope).documents,
        );
    expect(documentsOf(spans, recurring).translated).toBe(0);
  });

  it('leaves spans alone whose resource is large', () => {
    const large = resource('x'.repeat(9000));
    const spans = [1, 2, 3].map((n) => query(n));
    const { documents, translated } = documentsOf(spans, createRecurringSpans(), large);
    expect(translated).toBe(3);
    expect(documents).toEqual(documentsOf(spans, undefined, large).documents);
  });

  it('has a bound: after thousands of others a span is learned anew, and is right', () => {
    const recurring = createRecurringSpans();
    const asked = (n: number) => [1, 2].map((copy) => query(copy, { name: `query ${n}` }));
    documentsOf(asked(0), recurring);
    expect(documentsOf(asked(0), recurring).translated).toBe(0);
    for (let n = 1; n <= 1000; n++) documentsOf(asked(n), recurring);
    const again = documentsOf(asked(0), recurring);
    expect(again.translated).toBeGreaterThan(0);
    expect(again.documents).toEqual(documentsOf(asked(0)).documents);
    for (let n = 0; n < 300; n++) documentsOf(asked(0), recurring, resource(`pod-${n}`));
    expect(documentsOf(asked(0), recurring).documents).toEqual(again.documents);
  });

  it.each([
    'python-otel/01-traces-batch-1.bin',
    'python-otel/02-traces-batch-2-errors.bin',
    'python-otel-auto/02-traces-stable-semconv.bin',
    'go-otel/01-traces.bin',
    'java-otel/01-traces.bin',
  ])('gives the same documents for %s the first time and the fifth', (name) => {
    const recurring = createRecurringSpans();
    const received = record('traces', capture(name), 1);
    const read = (context = {}) =>
      encode(received, context).items.map(({ value }) =>
        JSON.stringify(JSON.parse(Buffer.from(documentOf(value)).toString())),
      );
    for (let time = 0; time < 5; time++) expect(read({ recurring })).toEqual(read());
  });
});
