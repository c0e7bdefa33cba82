// Part of exporters/aws-cloudwatch-logs: one OTLP log record as one event.
import type { TraceIds } from '../../correlation/pairs.ts';
import { textOf } from '../../model/http-request.ts';
import type { Attributes, LogRecord, Resource, Scope } from '../../model/otlp.ts';
import { toJsonObject, toJsonValue } from '../../protocols/xray/from-spans/values.ts';
import { type EventFields, traceFields } from './event.ts';

/** OTLP's severity numbers come in sixes of four. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
const EXCEPTION_KEYS = ['exception.type', 'exception.message', 'exception.stacktrace'];

export interface LogContext {
  record: LogRecord;
  scope: Scope;
  resource: Resource;
  /** `resource` as JSON, made once for all records of a group. */
  resourceFields: Record<string, unknown>;
  timeUnixMs: number;
  eventId: string;
  ids?: TraceIds | undefined;
}

export function logEvent({
  record,
  scope,
  resource,
  resourceFields,
  timeUnixMs,
  eventId,
  ids,
}: LogContext): EventFields {
  const { body, attributes } = record;
  return {
    timestamp: new Date(timeUnixMs).toISOString(),
    level: levelOf(record),
    message: messageOf(record),
    service: textOf(resource.attributes, 'service.name'),
    ...traceFields(record.traceId, record.spanId, ids),
    logger: scope.name || undefined,
    event: record.eventName || undefined,
    error: errorOf(attributes),
    body: typeof body === 'string' || body === null ? undefined : toJsonValue(body),
    scope: scope.attributes.size === 0 ? undefined : toJsonObject(scope.attributes),
    attributes: attributes.size === 0 ? undefined : attributesOf(attributes),
    resource: resourceFields,
    event_id: eventId,
  };
}

/** What the SDK says of itself tells nothing about the event, and the service has a field of its own. */
export function resourceFields({ attributes }: Resource): Record<string, unknown> {
  const fields = toJsonObject(attributes);
  for (const key of Object.keys(fields))
    if (key === 'service.name' || key.startsWith('telemetry.')) delete fields[key];
  return fields;
}

function levelOf({ severityNumber, severityText }: LogRecord): string {
  return (
    LEVELS[Math.ceil(severityNumber / 4) - 1] ?? (severityText === '' ? 'info' : severityText.toLowerCase())
  );
}

/** SGR of ECMA-48: colours, which werkzeug's access lines carry and the console shows as garbage. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they begin with.
const COLOUR = /\u001b\[[0-9;]*m/g;

/** Structured loggers put their text under one of two names. */
function messageOf({ body, eventName }: LogRecord): string {
  if (typeof body === 'string') return body.replace(COLOUR, '');
  if (body instanceof Map) {
    const text = body.get('message') ?? body.get('msg');
    if (typeof text === 'string') return text;
  }
  return body === null ? eventName : JSON.stringify(toJsonValue(body));
}

function errorOf(attributes: Attributes): object | undefined {
  const [type, message, stack] = EXCEPTION_KEYS.map((key) => textOf(attributes, key));
  return type || message || stack ? { type, message, stack } : undefined;
}

function attributesOf(attributes: Attributes): Record<string, unknown> {
  const fields = toJsonObject(attributes);
  for (const key of EXCEPTION_KEYS) delete fields[key];
  return fields;
}
