// Part of the sandbox: what PutLogEvents takes (CloudWatch Logs API reference, PutLogEvents).
import { asObject } from '../vendor.ts';

export interface LogEvent {
  timestamp: number;
  message: string;
}

export const MAX_EVENTS = 10_000;
/** Sum of the messages in UTF-8 plus 26 bytes each. */
export const MAX_BATCH_BYTES = 1_048_576;
export const EVENT_OVERHEAD_BYTES = 26;
const DAY_MS = 24 * 3_600_000;
const MAX_AGE_MS = 14 * DAY_MS;
const MAX_FUTURE_MS = 2 * 3_600_000;

export interface RejectedLogEventsInfo {
  /** The first that is too new. */
  tooNewLogEventStartIndex?: number;
  /** The one behind the last that is too old. */
  tooOldLogEventEndIndex?: number;
  /** The same, for events that are older than the group's retention. */
  expiredLogEventEndIndex?: number;
}

/** The events, or what makes the whole call fail. Times are judged in `rejectedByTime`. */
export function readEvents(value: unknown): LogEvent[] | string {
  if (!Array.isArray(value) || value.length === 0) return 'logEvents must have at least one event.';
  if (value.length > MAX_EVENTS) return `logEvents must have at most ${MAX_EVENTS} events.`;
  let bytes = 0;
  const events: LogEvent[] = [];
  for (const element of value) {
    const { timestamp, message } = asObject(element) ?? {};
    if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp) || timestamp < 0) {
      return 'A timestamp must be a whole number of milliseconds.';
    }
    if (typeof message !== 'string' || message === '') return 'A message must have at least one character.';
    const eventBytes = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    if (eventBytes > MAX_BATCH_BYTES)
      return `Log event too large: ${eventBytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`;
    bytes += eventBytes;
    if (timestamp < (events.at(-1)?.timestamp ?? 0)) {
      return 'Log events in a single PutLogEvents request must be in chronological order.';
    }
    events.push({ timestamp, message });
  }
  return bytes > MAX_BATCH_BYTES
    ? `Upload too large: ${bytes} bytes exceeds limit of ${MAX_BATCH_BYTES}`
    : events;
}

/** Undefined when every event is young and old enough. `events` are in order. */
export function rejectedByTime(
  events: readonly LogEvent[],
  nowMs: number,
  retentionDays: number | undefined,
): RejectedLogEventsInfo | undefined {
  const info: RejectedLogEventsInfo = {};
  const tooOldEnd = firstFrom(events, nowMs - MAX_AGE_MS);
  const expiredEnd = retentionDays === undefined ? 0 : firstFrom(events, nowMs - retentionDays * DAY_MS);
  const tooNewStart = firstFrom(events, nowMs + MAX_FUTURE_MS + 1);
  if (tooOldEnd > 0) info.tooOldLogEventEndIndex = tooOldEnd;
  if (expiredEnd > tooOldEnd) info.expiredLogEventEndIndex = expiredEnd;
  if (tooNewStart < events.length) info.tooNewLogEventStartIndex = tooNewStart;
  return Object.keys(info).length === 0 ? undefined : info;
}

/** Those that `info` leaves. */
export function accepted(
  events: readonly LogEvent[],
  info: RejectedLogEventsInfo | undefined,
): readonly LogEvent[] {
  const from = Math.max(info?.tooOldLogEventEndIndex ?? 0, info?.expiredLogEventEndIndex ?? 0);
  return events.slice(from, info?.tooNewLogEventStartIndex ?? events.length);
}

export function spansMoreThanADay(events: readonly LogEvent[]): boolean {
  return (events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) > DAY_MS;
}

function firstFrom(events: readonly LogEvent[], timestamp: number): number {
  const index = events.findIndex((event) => event.timestamp >= timestamp);
  return index < 0 ? events.length : index;
}
