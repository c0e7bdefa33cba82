// Part of exporters/rollbar: one exception, wherever it was recorded.
import type { RaisedException } from '../../correlation/exceptions.ts';
import type { TraceIds } from '../../correlation/pairs.ts';
import type { FirstPlace } from '../../model/first-place.ts';
import { textOf } from '../../model/http-request.ts';
import {
  type Attributes,
  type LogRecord,
  type Resource,
  type Scope,
  SEVERITY_ERROR,
  StatusCode,
} from '../../model/otlp.ts';
import { toJsonValue } from '../../protocols/xray/from-spans/values.ts';
import { uuidOf } from './uuid.ts';

export type Level = 'critical' | 'error' | 'warning' | 'info' | 'debug';

export interface Occurrence {
  /** A message has no class and no stack. */
  kind: 'exception' | 'message';
  uuid: string;
  timeUnixNano: bigint;
  level: Level;
  type: string;
  message: string;
  /** '' when none was recorded. */
  stack: string;
  /** Of the span or log record. */
  attributes: Attributes;
  /** The span's name, or the logger's. */
  name: string;
  /** What was logged along with the exception. */
  logged: string | undefined;
  traceId: string;
  /** Where its request has two traces. */
  ids?: TraceIds;
  spanId: string;
  resource: Resource;
  scope: Scope;
  /** How many of the same error were held back before this one. */
  suppressed?: number;
}

/** `handledLevel`: of what the span that recorded it got over. */
export function fromSpan(
  { span, event, eventIndex, resource, scope, stack }: RaisedException,
  handledLevel: Level,
): Occurrence {
  const { attributes } = event;
  return {
    kind: 'exception',
    uuid: uuidOf(`${span.traceId}:${span.spanId}:${eventIndex}`),
    timeUnixNano: event.timeUnixNano || span.endTimeUnixNano || span.startTimeUnixNano,
    level: span.status.code === StatusCode.ERROR ? 'error' : handledLevel,
    type: textOf(attributes, 'exception.type') ?? 'Error',
    message: textOf(attributes, 'exception.message') ?? '',
    stack,
    attributes: span.attributes,
    name: span.name,
    logged: undefined,
    traceId: span.traceId,
    spanId: span.spanId,
    resource,
    scope,
  };
}

const EXCEPTION_KEYS = ['exception.type', 'exception.message', 'exception.stacktrace', 'exception.escaped'];

/** Undefined for a record without an exception, unless `errorLogs` and it is an error. `first` names a record that has no time of its own, where a replay gives it that of its first arrival. */
export function fromLog(
  log: LogRecord,
  resource: Resource,
  scope: Scope,
  first: FirstPlace,
  errorLogs = false,
): Occurrence | undefined {
  const { attributes, body, traceId, spanId } = log;
  const type = textOf(attributes, 'exception.type');
  const message = textOf(attributes, 'exception.message');
  const isException = type !== undefined || message !== undefined;
  if (!isException && !(errorLogs && log.severityNumber >= SEVERITY_ERROR)) return undefined;
  const text = isException ? undefined : messageOf(log);
  const logged = typeof body === 'string' ? body : text;
  const timeUnixNano = log.timeUnixNano || log.observedTimeUnixNano;
  const isUntimed = timeUnixNano === 0n || timeUnixNano === BigInt(first.receivedAtMs) * 1_000_000n;
  const place = isUntimed ? `${first.receivedAtMs}:${first.position}:${first.item}` : String(timeUnixNano);
  return {
    kind: isException ? 'exception' : 'message',
    uuid: uuidOf(['log', place, traceId, spanId, type, message, logged].join(':')),
    timeUnixNano,
    level: levelOf(log.severityNumber),
    type: isException ? (type ?? 'Error') : '',
    message: text ?? message ?? '',
    stack: textOf(attributes, 'exception.stacktrace') ?? '',
    attributes: new Map([...attributes].filter(([key]) => !EXCEPTION_KEYS.includes(key))),
    name: scope.name,
    logged,
    traceId,
    spanId,
    resource,
    scope,
  };
}

/** Rollbar refuses a message without text. */
function messageOf({ body, eventName, severityText }: LogRecord): string {
  const text = typeof body === 'string' ? body : body === null ? '' : JSON.stringify(toJsonValue(body));
  return text.trim() === '' ? eventName || severityText || 'an error without words' : text;
}

/** OTLP: 21 and up is FATAL, 17 ERROR, 13 WARN, 9 INFO; 0 says nothing. */
export function levelOf(severityNumber: number): Level {
  if (severityNumber >= 21) return 'critical';
  if (severityNumber >= SEVERITY_ERROR || severityNumber === 0) return 'error';
  if (severityNumber >= 13) return 'warning';
  return severityNumber >= 9 ? 'info' : 'debug';
}
