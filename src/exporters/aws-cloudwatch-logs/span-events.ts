// Part of exporters/aws-cloudwatch-logs: what of a span is worth a line: that a request was served, and what went wrong.
import type { RaisedException } from '../../correlation/exceptions.ts';
import type { TraceIds } from '../../correlation/pairs.ts';
import { type RequestFacts, requestFacts, textOf } from '../../model/http-request.ts';
import { type Resource, type Span, SpanKind, StatusCode } from '../../model/otlp.ts';
import { type EventFields, traceFields } from './event.ts';
import { shownQuery } from './query.ts';

export interface TimedEvent {
  timeUnixMs: number;
  fields: EventFields;
}

const NS_PER_MS = 1_000_000n;

/** Undefined for a span that is no request, or has not ended. */
export function accessLine(span: Span, resource: Resource, ids?: TraceIds): TimedEvent | undefined {
  if (span.kind !== SpanKind.SERVER || span.endTimeUnixNano === 0n) return undefined;
  const { attributes, startTimeUnixNano, endTimeUnixNano } = span;
  const facts = requestFacts(attributes);
  const durationMs = Math.max(0, Math.round(Number(endTimeUnixNano - startTimeUnixNano) / 1e4) / 100);
  const timeUnixMs = Number(endTimeUnixNano / NS_PER_MS);
  const fields: EventFields = {
    timestamp: new Date(timeUnixMs).toISOString(),
    level: levelOf(span, facts?.status),
    message: `${facts ? [facts.method, facts.path, facts.status].filter((part) => part).join(' ') : span.name} ${durationMs.toFixed(1)} ms`,
    service: textOf(resource.attributes, 'service.name'),
    ...traceFields(span.traceId, span.spanId, ids),
    http: facts && httpFields(facts),
    duration_ms: durationMs,
    user_id: textOf(attributes, 'user.id', 'enduser.id'),
    peer: facts?.clientAddress,
    event_id: `${span.traceId}:${span.spanId}:access`,
  };
  return { timeUnixMs, fields };
}

export function errorEvent(
  { span, event, eventIndex, resource, stack }: RaisedException,
  ids?: TraceIds,
): TimedEvent {
  const type = textOf(event.attributes, 'exception.type');
  const message = textOf(event.attributes, 'exception.message');
  const timeUnixMs = Number(
    (event.timeUnixNano || span.endTimeUnixNano || span.startTimeUnixNano) / NS_PER_MS,
  );
  const fields: EventFields = {
    timestamp: new Date(timeUnixMs).toISOString(),
    level: 'error',
    message: [type, message].filter((part) => part).join(': '),
    service: textOf(resource.attributes, 'service.name'),
    ...traceFields(span.traceId, span.spanId, ids),
    span: span.name,
    error: { type, message, stack: stack === '' ? undefined : stack },
    event_id: `${span.traceId}:${span.spanId}:error:${eventIndex}`,
  };
  return { timeUnixMs, fields };
}

function levelOf({ status }: Span, httpStatus = 0): string {
  if (httpStatus >= 500 || status.code === StatusCode.ERROR) return 'error';
  return httpStatus >= 400 ? 'warn' : 'info';
}

const httpFields = ({ method, scheme, route, path, query, status }: RequestFacts) => ({
  method,
  scheme,
  route,
  path,
  query: query && shownQuery(query),
  status,
});
