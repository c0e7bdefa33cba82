// Part of protocols/xray: what OTel knows of a span and X-Ray has no field for, kept in the metadata namespace `otel`.
import { type Scope, type Span, SpanKind, StatusCode } from '../../../model/otlp.ts';
import { isException } from './cause.ts';
import { toJsonObject, unixNanoToSeconds } from './values.ts';

const KINDS: Readonly<Record<number, string>> = {
  [SpanKind.INTERNAL]: 'INTERNAL',
  [SpanKind.CLIENT]: 'CLIENT',
  [SpanKind.PRODUCER]: 'PRODUCER',
  [SpanKind.CONSUMER]: 'CONSUMER',
};

export function otelMetadata(
  span: Span,
  scope: Scope,
  documentName: string,
  isSegment: boolean,
  stacktraces: readonly string[],
): Record<string, unknown> | undefined {
  const saidByDocument = isSegment
    ? SpanKind.SERVER
    : span.kind === SpanKind.CLIENT
      ? SpanKind.CLIENT
      : SpanKind.INTERNAL;
  const members = {
    name: span.name === documentName ? undefined : span.name,
    kind: span.kind === saidByDocument ? undefined : KINDS[span.kind],
    scope: scope.name === '' ? undefined : scope.name,
    trace_state: span.traceState === '' ? undefined : span.traceState,
    status_message: statusMessageBeyondCause(span),
    stacktraces: stacktraces.length === 0 ? undefined : stacktraces,
    events: span.events.length === 0 ? undefined : eventsWithoutPlace(span),
  };
  for (const value of Object.values(members)) if (value !== undefined) return members;
  return undefined;
}

/** Without an exception, the message is the cause's own (cause.ts); SDKs also repeat the exception in it. */
function statusMessageBeyondCause({ status, events }: Span): string | undefined {
  const exceptions = status.message === '' ? [] : events.filter(isException);
  if (exceptions.length === 0 || status.code !== StatusCode.ERROR) return undefined;
  const repeats = exceptions.some(({ attributes }) => {
    const message = String(attributes.get('exception.message') ?? '');
    return status.message === message || status.message === `${attributes.get('exception.type')}: ${message}`;
  });
  return repeats ? undefined : status.message;
}

/** Events that are no exceptions, with their times in seconds. */
function eventsWithoutPlace(span: Span): unknown[] | undefined {
  const events = span.events
    .filter((event) => !isException(event))
    .map(({ name, timeUnixNano, attributes }) => ({
      name,
      time: unixNanoToSeconds(timeUnixNano),
      ...(attributes.size > 0 ? { attributes: toJsonObject(attributes) } : {}),
    }));
  return events.length === 0 ? undefined : events;
}
