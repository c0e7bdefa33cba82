// Part of the tests of protocols/otlp: protobufjs's own reflection over our .proto files, as a second opinion, and
// random requests made with it.
import { readFileSync } from 'node:fs';
import { gunzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import type { OtlpSignal } from '../../../src/model/signals.ts';

const root = new protobuf.Root();
for (const name of ['common', 'resource', 'trace', 'logs', 'metrics', 'collector', 'status']) {
  protobuf.parse(readFileSync(new URL(`../../../proto/${name}.proto`, import.meta.url), 'utf8'), root);
}
root.resolveAll();

export const typeOf = (name: string) => root.lookupType(name);
const REQUESTS = {
  traces: typeOf('ExportTraceServiceRequest'),
  logs: typeOf('ExportLogsServiceRequest'),
  metrics: typeOf('ExportMetricsServiceRequest'),
} as const;

// biome-ignore lint/suspicious/noExplicitAny: messages of every shape, looked into by tests only
export type Plain = { [key: string]: any };

export function encode(signal: OtlpSignal, request: Plain): Uint8Array {
  const type = REQUESTS[signal];
  return Uint8Array.from(type.encode(type.fromObject(request)).finish());
}

/** Everything that protobufjs finds, in a form that compares. */
export function decode(signal: OtlpSignal, bytes: Uint8Array): Plain {
  const type = REQUESTS[signal];
  return type.toObject(type.decode(bytes), { longs: String, bytes: String, enums: Number });
}

/** Items in wire order, each with the resource and scope that it belongs to. */
export function itemsOf(signal: OtlpSignal, bytes: Uint8Array): string[] {
  const items: string[] = [];
  const [outer, inner, member] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  }[signal] as [string, string, string];
  for (const { [inner]: scopes = [], ...resource } of decode(signal, bytes)[outer] ?? []) {
    for (const { [member]: members = [], ...scope } of scopes) {
      for (const item of members) {
        if (signal !== 'metrics') items.push(JSON.stringify([resource, scope, item]));
        else items.push(...pointsOf(item).map((point) => JSON.stringify([resource, scope, point])));
      }
    }
  }
  return items;
}

function pointsOf(metric: Plain): unknown[] {
  for (const kind of ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']) {
    const data = metric[kind];
    if (!data) continue;
    const { dataPoints = [], ...rest } = data;
    return dataPoints.map((point: unknown) => [metric['name'], kind, rest, point]);
  }
  return [];
}

const captures = new URL('../../fixtures/captures/', import.meta.url);

/** A captured request body, inflated as its headers say. */
export function capture(path: string): Buffer {
  const body = readFileSync(new URL(path, captures));
  const headers = path.endsWith('.bin')
    ? readFileSync(new URL(path.replace(/\.bin$/, '.headers.txt'), captures), 'utf8')
    : '';
  if (/content-encoding: *gzip/i.test(headers)) return gunzipSync(body);
  return /content-encoding: *deflate/i.test(headers) ? inflateSync(body) : body;
}

export const captureText = (path: string) => readFileSync(new URL(path, captures), 'utf8');

// -- random requests ---------------------------------------------------------------------------------------------

const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((b) => Buffer.from(b));
const text = fc.string({ unit: 'binary', maxLength: 12 }).map((t) => Buffer.from(t).toString());
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String);
const uint32 = fc.nat(2 ** 32 - 1);

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constant({}),
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: int64 }),
    fc.record({ doubleValue: fc.double() }),
    fc.record({ bytesValue: bytesOf(3) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({
      kvlistValue: fc.record({
        values: fc.array(fc.record({ key: text, value: tie('value') }), { maxLength: 3 }),
      }),
    }),
  ),
}));
const keyValue = fc.record(
  { key: fc.oneof(text, fc.constantFrom('service.name', 'exception.type')), value: anyValue },
  { requiredKeys: ['key'] },
);
const attributes = fc.array(keyValue, { maxLength: 4 });
const optional = { requiredKeys: [] };

const span = fc.record(
  {
    traceId: bytesOf(16),
    spanId: bytesOf(8),
    parentSpanId: bytesOf(8),
    traceState: text,
    name: text,
    kind: fc.nat(5),
    startTimeUnixNano: uint64,
    endTimeUnixNano: uint64,
    attributes,
    droppedAttributesCount: uint32,
    events: fc.array(
      fc.record({ timeUnixNano: uint64, name: fc.constantFrom('exception', 'x', ''), attributes }, optional),
      { maxLength: 2 },
    ),
    links: fc.array(fc.record({ traceId: bytesOf(16), spanId: bytesOf(8), attributes }, optional), {
      maxLength: 2,
    }),
    status: fc.record({ message: text, code: fc.nat(2) }, optional),
    flags: uint32,
  },
  { requiredKeys: ['traceId', 'spanId'] },
);
const logRecord = fc.record(
  {
    timeUnixNano: uint64,
    observedTimeUnixNano: uint64,
    severityNumber: fc.nat(24),
    severityText: text,
    body: anyValue,
    attributes,
    flags: uint32,
    traceId: bytesOf(16),
    spanId: bytesOf(8),
    eventName: text,
  },
  optional,
);
const exemplars = fc.array(
  fc.record(
    {
      timeUnixNano: uint64,
      asInt: int64,
      spanId: bytesOf(8),
      traceId: bytesOf(16),
      filteredAttributes: attributes,
    },
    optional,
  ),
  { maxLength: 2 },
);
const common = { attributes, startTimeUnixNano: uint64, timeUnixNano: uint64, flags: uint32 };
const points = (record: Plain) => fc.array(fc.record(record, optional), { maxLength: 3 });
const numberPoints = points({ ...common, asDouble: fc.double(), exemplars });
const doubles = fc.array(fc.double(), { maxLength: 3 });
const counts = fc.array(uint64, { maxLength: 3 });
const buckets = fc.record({ offset: fc.integer(), bucketCounts: counts }, optional);
const metricData = fc.oneof(
  fc.record({ gauge: fc.record({ dataPoints: numberPoints }) }),
  fc.record({
    sum: fc.record({
      dataPoints: numberPoints,
      aggregationTemporality: fc.nat(2),
      isMonotonic: fc.boolean(),
    }),
  }),
  fc.record({
    histogram: fc.record({
      dataPoints: points({
        ...common,
        count: uint64,
        sum: fc.double(),
        bucketCounts: counts,
        explicitBounds: doubles,
        exemplars,
        min: fc.double(),
        max: fc.double(),
      }),
    }),
  }),
  fc.record({
    exponentialHistogram: fc.record({
      dataPoints: points({
        ...common,
        count: uint64,
        scale: fc.integer(),
        zeroCount: uint64,
        positive: buckets,
        negative: buckets,
        exemplars,
        zeroThreshold: fc.double(),
      }),
    }),
  }),
  fc.record({
    summary: fc.record({
      dataPoints: points({
        ...common,
        count: uint64,
        sum: fc.double(),
        quantileValues: fc.array(fc.record({ quantile: fc.double(), value: fc.double() }), { maxLength: 2 }),
      }),
    }),
  }),
);
const metric = fc
  .tuple(fc.record({ name: text, unit: text }), metricData)
  .map(([head, data]) => ({ ...head, ...data }));

const scope = fc.record({ name: text, version: text, attributes }, optional);
const resource = fc.record({ attributes, droppedAttributesCount: uint32 }, optional);

function request(
  outer: string,
  inner: string,
  member: string,
  item: fc.Arbitrary<Plain>,
): fc.Arbitrary<Plain> {
  const scopes = fc.record({ scope, [member]: fc.array(item, { maxLength: 4 }), schemaUrl: text }, optional);
  const resources = fc.record(
    { resource, [inner]: fc.array(scopes, { maxLength: 3 }), schemaUrl: text },
    optional,
  );
  return fc.record({ [outer]: fc.array(resources, { maxLength: 3 }) });
}

/** Random requests with right ids. */
export const requests: Readonly<Record<OtlpSignal, fc.Arbitrary<Plain>>> = {
  traces: request('resourceSpans', 'scopeSpans', 'spans', span),
  logs: request('resourceLogs', 'scopeLogs', 'logRecords', logRecord),
  metrics: request('resourceMetrics', 'scopeMetrics', 'metrics', metric),
};

export const SIGNALS = ['traces', 'logs', 'metrics'] as const;
