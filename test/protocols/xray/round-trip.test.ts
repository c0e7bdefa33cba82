// Part of the tests: whatever is valid is translated, both ways, and keeps ids, times, status and names there and back.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AttributeValue, type Span, SpanKind, StatusCode } from '../../../src/model/otlp.ts';
import { spanToDocument } from '../../../src/protocols/xray/from-spans.ts';
import { parseSegment, type Segment } from '../../../src/protocols/xray/segment.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { judgeDocument } from '../../../src/sandbox/aws-xray/documents.ts';
import { knownAttributes } from './known-attributes.ts';

const RUNS = { numRuns: 300 };
const SCOPE = { name: 'lab', version: '1', attributes: new Map() };

const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((made) => made.join(''))
    .filter((id) => /[^0]/.test(id));
const text = fc.oneof(fc.string({ maxLength: 40, unit: 'binary' }), fc.string({ maxLength: 300 }));
const httpStatus = fc.option(fc.constantFrom(200, 302, 404, 429, 500, 503), { nil: undefined });

const { value } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    text,
    fc.double(),
    fc.integer(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((pairs) => new Map(pairs)),
  ),
}));

/** Everything that the translation looks at, so that each meets values of every type; of HTTP's status only what `httpStatus` gives. */
const KEYS = [
  ...knownAttributes('from-spans').filter((name) => !name.endsWith('.status_code')),
  'aws.xray.metadata.app',
  '__proto__',
  'constructor',
];
const WORDS = [
  'LOCAL_ROOT',
  'jdbc:postgresql://u:p@db:5432/app',
  'aws-api',
  'postgresql',
  'aws',
  'aws_ecs',
  'aws_ec2',
  'aws_eks',
  'python',
  'https://h:1/p?q',
  '7',
];
const key = fc.oneof(fc.constantFrom(...KEYS), text);
const attributes = fc
  .array(fc.tuple(key, fc.oneof(value, fc.constantFrom(...WORDS))), { maxLength: 12 })
  .map((pairs) => new Map<string, AttributeValue>(pairs));
// From the first microsecond until 2106: later, float64 seconds are too coarse for microseconds.
const unixNano = fc.bigInt({ min: 1000n, max: 2n ** 32n * 1_000_000_000n - 1000n });

const span: fc.Arbitrary<Span> = fc
  .record({
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: fc.oneof(fc.constantFrom('', '0000000000000000'), hex(16)),
    traceState: fc.constantFrom('', 'a=b'),
    flags: fc.constantFrom(0, 1, 0x100, 0x101, 0x300, 0x301),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startTimeUnixNano: unixNano,
    endTimeUnixNano: fc.oneof(fc.constant(0n), unixNano),
    attributes,
    events: fc.array(
      fc.record({
        name: fc.constantFrom('exception', 'loaded', 'HTTP request failure'),
        timeUnixNano: unixNano,
        attributes,
      }),
      { maxLength: 3 },
    ),
    links: fc.array(
      fc.record({
        traceId: fc.oneof(hex(32), fc.constant('')),
        spanId: fc.oneof(hex(16), fc.constant('0000000000000000')),
        traceState: fc.constant(''),
        attributes,
      }),
      { maxLength: 2 },
    ),
    status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: text }),
    httpStatus,
  })
  .map(({ httpStatus: status, ...made }) => {
    if (status !== undefined) made.attributes.set('http.response.status_code', status);
    return made;
  });

const micros = (nano: bigint) => ((nano + 500n) / 1000n) * 1000n;
const usable = (id: string) => (/[^0]/.test(id) ? id : '');

function flagsOf(status: number | undefined, isError: boolean): Record<string, true> {
  if (status === 429) return { error: true, throttle: true };
  if (status !== undefined && status >= 400 && status < 500) return { error: true };
  return isError || (status ?? 0) >= 500 ? { fault: true } : {};
}

const flagsIn = ({ fault, error, throttle }: Segment) => ({
  ...(fault !== undefined && { fault }),
  ...(error !== undefined && { error }),
  ...(throttle !== undefined && { throttle }),
});

describe('any span', () => {
  it('becomes a document that X-Ray takes, and from that a span with its ids, times, status and name', () => {
    const kinds = new Set<string>();
    const holds = (original: Span, resource: Span['attributes']) => {
      const result = spanToDocument(original, { attributes: resource }, SCOPE);
      const document = result.ok ? result.document : '';
      expect(judgeDocument(document).unprocessed).toBeUndefined();

      const segment = parseSegment(document) ?? {};
      const { spans = [] } = segmentToSpans(segment)[0] ?? {};
      const back = spans.find(({ spanId }) => spanId === original.spanId);
      const start = micros(original.startTimeUnixNano);
      const end = micros(original.endTimeUnixNano);
      expect(spans[0]?.parentSpanId).toBe(usable(original.parentSpanId));
      expect(back).toMatchObject({
        traceId: original.traceId,
        name: original.name || expect.stringMatching(/./),
        startTimeUnixNano: start,
        endTimeUnixNano: end === 0n || end > start ? end : start,
      });

      const status = original.attributes.get('http.response.status_code') as number | undefined;
      const flags = flagsOf(status, original.status.code === StatusCode.ERROR);
      expect(flagsIn(segment)).toEqual(flags);
      const isError = flags['fault'] || (flags['error'] && back?.kind !== SpanKind.SERVER);
      expect(back?.status.code === StatusCode.ERROR).toBe(isError ?? false);
      kinds.add(`${segment.type} ${spans.length} ${back?.kind}`);
    };
    fc.assert(fc.property(span, attributes, holds), RUNS);
    // Segments with and without http, subsegments, calls, and calls in a segment of their own.
    expect(kinds.size).toBeGreaterThanOrEqual(5);
  });
});

const seconds = fc.integer({ min: 1_700_000_000_000_000, max: 1_900_000_000_000_000 }).map((us) => us / 1e6);
const name = fc.oneof(
  fc.stringMatching(/^[\w.:/%&#=+@-]{1,30}$/),
  fc.constantFrom('élan vital', '日本', 'a\u{20000}b'),
);
const odd = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('NaN', 'x'.repeat(300), -1, 1e300));
const OPTIONAL =
  'user origin resource_arn service http aws sql cause annotations metadata links precursor_ids traced unknown';

/** Ids, times, names and flags in order; everything optional as odd as JSON can be. */
const node = (optional: fc.Arbitrary<unknown>) =>
  fc
    .record(
      {
        id: hex(16),
        name,
        times: fc.tuple(seconds, fc.option(seconds, { nil: undefined })),
        flags: fc.constantFrom<object>({}, { fault: true }, { error: true }, { error: true, throttle: true }),
        optional: fc.dictionary(fc.constantFrom(...OPTIONAL.split(' ')), optional, { maxKeys: 4 }),
      },
      { noNullPrototype: true },
    )
    .map(({ id, name, times: [start_time, other], flags, optional }): Segment => {
      const end_time = other === undefined ? undefined : Math.max(start_time, other);
      const end = end_time === undefined ? { in_progress: true } : { end_time };
      return { ...optional, id, name, start_time, ...end, ...flags };
    });

function tree(optional: fc.Arbitrary<unknown>): fc.Arbitrary<Segment> {
  const call = fc
    .tuple(node(optional), fc.constantFrom('remote', 'aws', 'local', undefined))
    .map(([made, namespace]) => (namespace === undefined ? made : { ...made, namespace }));
  const parts = fc.tuple(
    node(optional),
    call,
    fc.array(fc.tuple(call, fc.array(call, { maxLength: 2 })), { maxLength: 3 }),
  );
  const place = fc.record({
    trace_id: hex(32).map((id) => `1-${id.slice(0, 8)}-${id.slice(8)}`),
    parent_id: fc.option(hex(16), { nil: undefined }),
    isLone: fc.boolean(),
  });
  return fc
    .tuple(parts, place)
    .map(([[segment, lone, children], { trace_id, parent_id, isLone }]) => {
      const subsegments = children.map(([child, below]) => ({ ...child, subsegments: below }));
      return isLone && parent_id !== undefined
        ? { ...lone, type: 'subsegment', trace_id, parent_id, subsegments }
        : { ...segment, trace_id, ...(parent_id !== undefined && { parent_id }), subsegments };
    })
    .filter((made) => new Set(nodesOf(made).map(({ id }) => id)).size === nodesOf(made).length);
}

const nodesOf = (root: Segment): Segment[] => [
  root,
  ...((root.subsegments ?? []) as Segment[]).flatMap((child) => nodesOf(child)),
];
const nanos = (time: unknown) => BigInt(Math.round(Number(time) * 1e6)) * 1000n;

describe('any segment', () => {
  it('becomes a span for each part, with its id, times, name and failure, whatever is in the optional fields', () => {
    const holds = (root: Segment) => {
      const parts = nodesOf(root);
      const { spans = [] } = segmentToSpans(parseSegment(JSON.stringify(root)) ?? {})[0] ?? {};
      expect(spans.map(({ spanId }) => spanId)).toEqual(parts.map(({ id }) => id));
      spans.forEach((made, index) => {
        const { start_time, end_time, fault, ...part } = parts[index] ?? {};
        expect(made).toMatchObject({
          name: part.name,
          startTimeUnixNano: nanos(start_time),
          endTimeUnixNano: end_time === undefined ? 0n : nanos(end_time),
        });
        if (fault) expect(made.status.code).toBe(StatusCode.ERROR);
      });
    };
    fc.assert(fc.property(tree(odd), holds), RUNS);
  });

  it('becomes the same segments again: ids, times, names, kinds and flags', () => {
    const http = httpStatus.map((status) => ({ http: { request: { method: 'GET' }, response: { status } } }));
    const known = fc.oneof(
      http,
      fc.constantFrom({ annotations: { a: 1 } }, { sql: { url: 'postgresql://db/app' } }, { user: 'u' }),
    );
    const withFields = fc
      .tuple(tree(fc.constant(undefined)), known)
      .map(([root, fields]): Segment => ({ ...root, ...fields }));
    const holds = (root: Segment) => {
      const [group] = segmentToSpans(parseSegment(JSON.stringify(root)) ?? {});
      const parents = new Map<unknown, unknown>([[root.id, root.parent_id]]);
      for (const part of nodesOf(root))
        for (const child of (part.subsegments ?? []) as Segment[]) parents.set(child.id, part.id);
      nodesOf(root).forEach((part, index) => {
        const made = group && spanToDocument(group.spans[index]!, group.resource, group.scope);
        const document = made?.ok ? made.document : '';
        expect(judgeDocument(document).unprocessed).toBeUndefined();

        const again = parseSegment(document) ?? {};
        const isSegment = part === root && root.type === undefined;
        const { id, name, start_time, end_time, in_progress } = part;
        expect(again).toMatchObject({ id, name, start_time, trace_id: root.trace_id });
        expect(again).toMatchObject(end_time === undefined ? { in_progress } : { end_time });
        expect(again.parent_id).toBe(parents.get(id));
        expect(again.type).toBe(isSegment ? undefined : 'subsegment');
        expect(again.namespace).toBe(part.namespace === 'local' ? undefined : part.namespace);
        const status = (part.http as { response?: { status?: number } } | undefined)?.response?.status;
        const flags = flagsIn(part);
        expect(flagsIn(again)).toEqual(Object.keys(flags).length > 0 ? flags : flagsOf(status, false));
      });
    };
    fc.assert(fc.property(withFields, holds), RUNS);
  });
});
