// Part of exporters/aws-cloudwatch-logs: one event: a JSON object whose important keys come first, cut to the vendor's size.
import type { TraceIds } from '../../correlation/pairs.ts';
import { literalOfText } from '../../model/json-literal.ts';
import { bytesOf, type Shelf, type Shelved } from '../../model/shelf.ts';
import { toXRayTraceId } from '../../protocols/xray/ids.ts';

/** `{"timestamp":…,"message":"…"}`, as it goes into the request. */
export type LogEvent = Shelved;

/** PutLogEvents counts 26 bytes for each event besides its message. */
export const EVENT_OVERHEAD_BYTES = 26;
/** PutLogEvents: an event, with its overhead, is up to 1 MB. */
export const MAX_EVENT_BYTES = 1_048_576;

/** In the order in which Logs Insights discovers fields; undefined ones are left out. */
export interface EventFields {
  timestamp: string;
  level: string;
  message: string;
  service: string | undefined;
  /** An index of every log group by default, under exactly this name. */
  traceId?: string | undefined;
  spanId?: string | undefined;
  /** What the X-Ray console searches for. */
  xrayTraceId?: string | undefined;
  [more: string]: unknown;
}

/** `event_id` is the same on every retry and after a restart: PutLogEvents does not recognise what it has already. */
export interface EncodedEvent {
  /** As the vendor counts. */
  bytes: number;
  message: string;
}

/** For people: the message is JSON itself, always ours. */
export function shownEvent(event: LogEvent): unknown {
  const { timestamp, message } = JSON.parse(bytesOf(event).toString()) as {
    timestamp: number;
    message: string;
  };
  return { timestamp, message: JSON.parse(message) as unknown };
}

/** `ids`: both of the trace, where its request has two. */
export function traceFields(
  traceId: string,
  spanId: string,
  ids: TraceIds = { otlp: traceId, xray: traceId },
): Pick<EventFields, 'traceId' | 'spanId' | 'xrayTraceId'> {
  if (traceId === '') return {};
  return {
    traceId: ids.otlp,
    spanId: spanId === '' ? undefined : spanId,
    xrayTraceId: toXRayTraceId(ids.xray),
  };
}

/** Undefined for what cannot be cut to size. */
export function encodeEvent(fields: EventFields, maxEventBytes = MAX_EVENT_BYTES): EncodedEvent | undefined {
  let message: string | undefined = JSON.stringify(fields);
  let bytes = Buffer.byteLength(message);
  const maxBytes = maxEventBytes - EVENT_OVERHEAD_BYTES;
  if (bytes > maxBytes) {
    message = shortened(fields, maxBytes);
    if (message === undefined) return undefined;
    bytes = Buffer.byteLength(message);
  }
  return { bytes: bytes + EVENT_OVERHEAD_BYTES, message };
}

/** Where it waits to be sent. */
export function putEvent(shelf: Shelf, timeUnixMs: number, message: string): LogEvent {
  return shelf.putBetween(`{"timestamp":${timeUnixMs},"message":`, literalOfText(message), '}');
}

/** How long a string may stay, tried one after the other: most events are too large because of one stack or body. */
const CAPS_CHARS = [262_144, 65_536, 16_384, 4_096, 1_024, 256] as const;

/** Cuts the middle out of long strings, then gives up whole fields: valid JSON all the way. */
function shortened(fields: EventFields, maxBytes: number): string | undefined {
  const attempts = [
    ...CAPS_CHARS.map((cap) => ({ cap, kept: fields })),
    { cap: 256, kept: { ...fields, attributes: undefined, resource: undefined, body: undefined } },
  ];
  for (const { cap, kept } of attempts) {
    const message = JSON.stringify({ ...kept, truncated: true }, (_, value) =>
      typeof value === 'string' ? cut(value, cap) : value,
    );
    if (Buffer.byteLength(message) <= maxBytes) return message;
  }
  return undefined;
}

function cut(text: string, capChars: number): string {
  if (text.length <= capChars) return text;
  const half = capChars >> 1;
  const [head, tail] = [text.slice(0, half), text.slice(-half)];
  return `${whole(head)} … ${text.length - 2 * half} characters cut … ${whole(tail)}`;
}

/** Without the half of a surrogate pair at either end. */
const whole = (text: string) => text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '');
