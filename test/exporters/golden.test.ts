// Part of the tests: what of a span, a log record or a segment becomes log events and Rollbar items, as pairs in test/fixtures/events.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encode as encodeEvents } from '../../src/exporters/aws-cloudwatch-logs/encoder.ts';
import { partitions } from '../../src/exporters/aws-cloudwatch-logs/partition.ts';
import { encode as encodeItems } from '../../src/exporters/rollbar/encoder.ts';
import { toItem } from '../../src/exporters/rollbar/item.ts';
import type { AttributeValue, LogGroup, LogRecord, Resource, Scope } from '../../src/model/otlp.ts';
import { bytesOf } from '../../src/model/shelf.ts';
import { BASE_SEGMENT, BASE_SPAN, toSpan } from '../protocols/xray/golden.ts';
import { context, decoded, holding, record, segments } from './records.ts';

type Plain = Readonly<Record<string, unknown>>;

interface Pair {
  it: string;
  input: { resource?: Plain; scope?: string; span?: Plain; log?: Plain; segment?: Plain };
  expected: { events: readonly Plain[]; items: readonly Plain[] };
}

const FOLDER = new URL('../fixtures/events/', import.meta.url);
const pairs = readdirSync(FOLDER).map((file) => readPair(new URL(file, FOLDER)));

/** `{"$map": {…}}` is a value of key and value, as the body of a log record may be. */
function readPair(file: URL): Pair {
  return JSON.parse(readFileSync(file, 'utf8'), (_key, value) => {
    const { $map } = (value ?? {}) as { $map?: Record<string, AttributeValue> };
    return $map === undefined ? value : new Map(Object.entries($map));
  });
}

const BASE_LOG = {
  timeUnixNano: '1795225151200000000',
  observedTimeUnixNano: '0',
  severityNumber: 0,
  severityText: '',
  body: '' as AttributeValue,
  attributes: {},
  traceId: '',
  spanId: '',
  flags: 0,
  eventName: '',
};
/** An item of any pair has these, unless the pair says otherwise; `custom` is compared member by member. */
const { traceId, spanId } = BASE_SPAN;
const BASE_CUSTOM = {
  trace_id: traceId,
  span_id: spanId,
  xray_trace_id: BASE_SEGMENT.trace_id,
  name: BASE_SPAN.name,
  attributes: {},
  resource: {},
};
const BASE_ITEM = {
  environment: 'development',
  level: 'error',
  timestamp: 1795225151,
  context: BASE_SPAN.name,
  server: {},
  notifier: { name: 'sidecast', version: 'test' },
  attributes: [
    { key: 'trace_id', value: traceId },
    { key: 'span_id', value: spanId },
  ],
};

const asMap = (values: Plain = {}) => new Map(Object.entries(values)) as ReadonlyMap<string, AttributeValue>;

/** As a record that arrived, and a decoder that knows what is in it. */
function arrived({ resource: given, scope: name = '', span, log, segment }: Pair['input']) {
  const resource: Resource = { attributes: asMap(given) };
  const scope: Scope = { name, version: '', attributes: new Map() };
  if (segment) {
    const { decoder } = context('rollbar');
    return { received: segments(JSON.stringify({ ...BASE_SEGMENT, ...segment })), decoder };
  }
  if (log) {
    const groups: LogGroup[] = [{ resource, scope, records: [toLog(log)] }];
    return { received: record('logs', new Uint8Array(), 1), decoder: decoded({ logs: () => groups }) };
  }
  const groups = [{ resource, scope, spans: [toSpan(span ?? {})] }];
  return {
    received: record('traces', new Uint8Array(), 1),
    decoder: decoded(holding(groups)),
  };
}

function toLog(changes: Plain): LogRecord {
  const plain = { ...BASE_LOG, ...changes };
  return {
    ...plain,
    timeUnixNano: BigInt(plain.timeUnixNano),
    observedTimeUnixNano: BigInt(plain.observedTimeUnixNano),
    attributes: asMap(plain.attributes),
  };
}

/** Without the members that are undefined. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Plain;

it('no two pairs say that they show the same', () => {
  expect(new Set(pairs.map((pair) => pair.it)).size).toBe(pairs.length);
});

describe.each(pairs)('$it', ({ input, expected }) => {
  const { received, decoder } = arrived(input);

  it('in CloudWatch Logs', () => {
    const partitionOf = partitions('group', 'stream');
    const { clock } = context('aws-cloudwatch-logs');
    const { items } = encodeEvents(received, { clock, decoder, partitionOf });
    const events = items.map(({ value }) => {
      const { timestamp, message } = JSON.parse(bytesOf(value).toString()) as {
        timestamp: number;
        message: string;
      };
      const event = JSON.parse(message) as { timestamp: string; event_id: string };
      expect(new Date(event.timestamp).getTime()).toBe(timestamp);
      return input.log ? without(event, 'event_id') : event;
    });

    expect(events.map(withoutNothing)).toEqual(expected.events.map(withoutNothing));
    // Insights discovers fields in their order.
    expect(events.map((event) => Object.keys(withoutNothing(event)))).toEqual(
      expected.events.map((event) => Object.keys(withoutNothing(event))),
    );
  });

  it('at Rollbar', () => {
    const { items } = encodeItems(received, decoder);
    const made = items.map(({ value }) => plain(toItem(value, { environment: undefined, version: 'test' })));

    for (const { uuid } of made) expect(uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(made.map((item) => without(item, 'uuid'))).toEqual(
      expected.items.map(({ custom, ...item }) => ({
        ...BASE_ITEM,
        ...item,
        custom: { ...BASE_CUSTOM, ...(custom as Plain) },
      })),
    );
  });
});

function without(values: object, name: string): Plain {
  return Object.fromEntries(Object.entries(values).filter(([key]) => key !== name));
}

/** Whether an empty object is written says nothing. */
function withoutNothing(values: object): Plain {
  const isEmpty = (value: unknown) =>
    typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return Object.fromEntries(Object.entries(values).filter(([, value]) => !isEmpty(value)));
}
