// Part of the tests of protocols/xray: golden pairs of test/fixtures/xray in the model's types, and back in a form that JSON has.
import { readdirSync, readFileSync } from 'node:fs';
import type { Attributes, AttributeValue, Span, SpanGroup } from '../../../src/model/otlp.ts';
import type { SpanSettings } from '../../../src/protocols/xray/from-spans.ts';
import type { Segment } from '../../../src/protocols/xray/segment.ts';
import type { SegmentContext } from '../../../src/protocols/xray/to-spans.ts';

type Plain = Readonly<Record<string, unknown>>;

export interface Golden<Input> {
  /** What the pair shows, as a sentence. */
  it: string;
  input: Input;
  /** Over what all pairs have in common (BASE_…); null stands for a member that is not there. */
  expected: Plain;
}

export interface GoldenSpan {
  settings?: Partial<SpanSettings>;
  resource?: Plain;
  /** The name of who made the span. */
  scope?: string;
  /** Over BASE_SPAN. */
  span: Plain;
}

export interface GoldenSegment {
  context?: SegmentContext;
  /** Over BASE_SEGMENT. */
  segment: Segment;
}

export const spanPairs = () => readGolden<GoldenSpan>('spans-to-segments');
export const segmentPairs = () => readGolden<GoldenSegment>('segments-to-spans');

function readGolden<Input>(folder: string): Golden<Input>[] {
  const path = new URL(`../../fixtures/xray/${folder}/`, import.meta.url);
  return readdirSync(path).map((file) => JSON.parse(readFileSync(new URL(file, path), 'utf8'), repeated));
}

/** `{"$repeat": text, "times": n, "then": more}` stands for a long text. */
function repeated(_key: string, value: unknown): unknown {
  const { $repeat, times, then = '' } = (value ?? {}) as { $repeat?: string; times?: number; then?: string };
  return $repeat === undefined ? value : $repeat.repeat(times ?? 1) + then;
}

export const BASE_SPAN = {
  traceId: '5759e988bd862e3fe1be46a994272793',
  spanId: '53995c3f42cd8ad8',
  parentSpanId: '00f067aa0ba902b7',
  traceState: '',
  flags: 0x101,
  name: 'work',
  kind: 1,
  startTimeUnixNano: '1795225151123456789',
  endTimeUnixNano: '1795225151200000000',
  attributes: {},
  events: [] as readonly Plain[],
  links: [] as readonly Plain[],
  status: { code: 0, message: '' },
};

export const BASE_DOCUMENT = {
  name: 'work',
  id: '53995c3f42cd8ad8',
  trace_id: '1-5759e988-bd862e3fe1be46a994272793',
  parent_id: '00f067aa0ba902b7',
  type: 'subsegment',
  start_time: 1795225151.123457,
  end_time: 1795225151.2,
  aws: { xray: { sdk: 'opentelemetry' } },
};

export const BASE_SEGMENT = {
  trace_id: '1-5759e988-bd862e3fe1be46a994272793',
  id: '53995c3f42cd8ad8',
  name: 'svc',
  start_time: 1795225151.123457,
  end_time: 1795225151.2,
};

const map = (values: unknown): Attributes =>
  new Map(Object.entries(values as Record<string, AttributeValue>));

export function toSpan(changes: Plain): Span {
  const plain = { ...BASE_SPAN, ...changes };
  return {
    ...plain,
    startTimeUnixNano: BigInt(plain.startTimeUnixNano),
    endTimeUnixNano: BigInt(plain.endTimeUnixNano),
    attributes: map(plain.attributes),
    events: plain.events.map(({ name, timeUnixNano, attributes = {} }) => ({
      name: String(name),
      timeUnixNano: BigInt(String(timeUnixNano ?? plain.endTimeUnixNano)),
      attributes: map(attributes),
    })),
    links: plain.links.map(({ traceId, spanId, attributes = {} }) => ({
      traceId: String(traceId),
      spanId: String(spanId),
      traceState: '',
      attributes: map(attributes),
    })),
  };
}

/** Resource and spans as plain objects, without what is empty. */
export function plainGroup(group: SpanGroup | undefined): Plain {
  const spans = (group?.spans ?? []).map(({ attributes, events, links, status, ...span }) => ({
    ...span,
    startTimeUnixNano: String(span.startTimeUnixNano),
    endTimeUnixNano: String(span.endTimeUnixNano),
    attributes: Object.fromEntries(attributes),
    events: events.map((event) => ({
      ...event,
      timeUnixNano: String(event.timeUnixNano),
      attributes: Object.fromEntries(event.attributes),
    })),
    links: links.map((link) => ({ ...link, attributes: Object.fromEntries(link.attributes) })),
    ...(status.code === 0 ? {} : { status }),
  }));
  return { resource: Object.fromEntries(group?.resource.attributes ?? []), spans: spans.map(withoutEmpty) };
}

export function withoutEmpty(values: Plain): Plain {
  return Object.fromEntries(
    Object.entries(values).filter(
      ([, value]) =>
        value !== null &&
        value !== '' &&
        value !== 0 &&
        !(typeof value === 'object' && Object.keys(value as object).length === 0),
    ),
  );
}
