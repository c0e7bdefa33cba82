// Part of the tests: spans, with only what a test says about them.
import type { Attributes, Resource, Span, SpanEvent, SpanGroup } from '../../src/model/otlp.ts';
import { NOW_MS } from './records.ts';

export const attributes = (values: Record<string, string | number | boolean>): Attributes =>
  new Map(Object.entries(values));

export const nano = (ms: number): bigint => BigInt(ms) * 1_000_000n;

export function span(more: Partial<Span> = {}): Span {
  return {
    traceId: '5759e988bd862e3fe1be46a994272793',
    spanId: '53995c3f42cd8ad8',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: nano(NOW_MS - 12),
    endTimeUnixNano: nano(NOW_MS),
    attributes: new Map(),
    events: [],
    links: [],
    status: { code: 0, message: '' },
    ...more,
  };
}

export function exception(type: string, message: string, stack?: string): SpanEvent {
  const values = {
    'exception.type': type,
    'exception.message': message,
    ...(stack ? { 'exception.stacktrace': stack } : {}),
  };
  return { timeUnixNano: nano(NOW_MS - 5), name: 'exception', attributes: attributes(values) };
}

export function group(
  spans: readonly Span[],
  resource: Resource = { attributes: attributes({ 'service.name': 'api' }) },
): SpanGroup {
  return { resource, scope: { name: '', version: '', attributes: new Map() }, spans };
}
