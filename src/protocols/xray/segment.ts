// Part of protocols/xray: a segment document as read. No field's type is believed, so none can break a translation.
import { asObject, type JsonObject, parseLenientJson } from './json.ts';

/** A segment or subsegment (schema: X-Ray developer guide, "segment documents"). Read fields through json.ts. */
export interface Segment extends JsonObject {
  readonly name?: unknown;
  readonly id?: unknown;
  readonly trace_id?: unknown;
  readonly parent_id?: unknown;
  /** `subsegment` on a document that is sent on its own, and on whatever Python embeds. */
  readonly type?: unknown;
  readonly start_time?: unknown;
  readonly end_time?: unknown;
  readonly in_progress?: unknown;
  /** aws, remote; Python also writes local. */
  readonly namespace?: unknown;
  readonly user?: unknown;
  readonly origin?: unknown;
  readonly resource_arn?: unknown;
  /** {version, runtime, runtime_version, name, compiler, compiler_version} */
  readonly service?: unknown;
  /** {request: {method, url, user_agent, client_ip, x_forwarded_for, traced}, response: {status, content_length}} */
  readonly http?: unknown;
  readonly aws?: unknown;
  readonly sql?: unknown;
  readonly error?: unknown;
  readonly throttle?: unknown;
  readonly fault?: unknown;
  /** The id of an exception elsewhere in the document, or {working_directory, paths, exceptions}. */
  readonly cause?: unknown;
  readonly annotations?: unknown;
  readonly metadata?: unknown;
  readonly subsegments?: unknown;
  readonly links?: unknown;
  readonly precursor_ids?: unknown;
  readonly traced?: unknown;
}

/** Names the scope of spans that were segments. */
export const X_RAY_SCOPE = 'aws-xray';

/** Undefined only when the document is no JSON object at all, or nested so deeply that nobody meant it. */
export function parseSegment(document: Uint8Array | string): Segment | undefined {
  const text =
    typeof document === 'string'
      ? document
      : Buffer.from(document.buffer, document.byteOffset, document.byteLength).toString('utf8');
  return isTooDeep(text) ? undefined : asObject(parseLenientJson(text));
}

/** JSON.parse takes any depth, JSON.stringify and whatever else recurses do not: one datagram would fail its whole batch. */
export const MAX_DEPTH = 500;

function isTooDeep(text: string): boolean {
  if (text.length < 2 * MAX_DEPTH || !hasMore(text, MAX_DEPTH, '{', '[')) return false;
  let depth = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) isInString = !isInString;
    else if (isInString) at += code === 0x5c ? 1 : 0;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return false;
}

/** Whether the chars stand in it so often: looked for one after the other, which takes a tenth of the time of looking at each. */
function hasMore(text: string, limit: number, ...chars: readonly string[]): boolean {
  let count = 0;
  for (const char of chars)
    for (let at = text.indexOf(char); at !== -1 && count <= limit; at = text.indexOf(char, at + 1)) count++;
  return count > limit;
}

/** A lone subsegment: its segment is, or was, another document. */
export function isIndependentSubsegment(segment: Segment): boolean {
  return segment.type === 'subsegment';
}

/** Whole microseconds: float64 seconds resolve 0.24 µs at 1.8e9, so what an SDK wrote to the microsecond stays exact. */
export function secondsToUnixNano(seconds: number): bigint {
  const micros = Math.round(seconds * 1e6);
  return Number.isSafeInteger(micros) && micros > 0 ? BigInt(micros) * 1000n : 0n;
}
