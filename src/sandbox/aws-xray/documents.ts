// Part of the sandbox: what X-Ray takes as a segment document (X-Ray developer guide, "Segment documents").
import { asObject } from '../vendor.ts';

type Fields = Readonly<Record<string, unknown>>;

/** One segment or one independent subsegment, subsegments included: 64 kB. */
export const MAX_DOCUMENT_BYTES = 65_536;
const MAX_NAME_LENGTH = 200;
const MAX_ANNOTATIONS = 50;
const MAX_ANNOTATION_KEY_LENGTH = 500;
const MAX_STRING_LENGTH = 250;

export interface Unprocessed {
  Id?: string;
  ErrorCode: string;
  Message: string;
}

export interface Judged {
  id: string | undefined;
  /** Its own, and those of the subsegments in it. */
  ids: readonly string[];
  traceId: string;
  /** Undefined when the document is good. */
  unprocessed: Unprocessed | undefined;
}

export function judgeDocument(document: string): Judged {
  const segment = parseDocument(document);
  const id = typeof segment?.['id'] === 'string' ? segment['id'] : undefined;
  const traceId = typeof segment?.['trace_id'] === 'string' ? segment['trace_id'] : '';
  const code = segment ? problemOf(segment, Buffer.byteLength(document)) : 'ParseError';
  const ids = partsOf(segment ?? {}).flatMap((part) => (typeof part['id'] === 'string' ? [part['id']] : []));
  return { id, ids, traceId, unprocessed: code === undefined ? undefined : unprocessed(id, code) };
}

export function unprocessed(id: string | undefined, code: string): Unprocessed {
  const fault = { ErrorCode: code, Message: `Invalid segment. ErrorCode: ${code}` };
  return id === undefined ? fault : { Id: id, ...fault };
}

/** Python's SDK writes NaN and Infinity as they are; X-Ray takes such documents. */
function parseDocument(document: string): Fields | undefined {
  try {
    return asObject(JSON.parse(document));
  } catch {
    const strict = document.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
      token.startsWith('"') ? token : 'null',
    );
    try {
      return asObject(JSON.parse(strict));
    } catch {
      return undefined;
    }
  }
}

function problemOf(segment: Fields, bytes: number): string | undefined {
  const { id, name, trace_id, start_time, end_time, parent_id } = segment;
  if (id === undefined) return 'MissingId';
  if (!isSegmentId(id)) return 'InvalidId';
  if (bytes > MAX_DOCUMENT_BYTES) return 'SegmentTooLarge';
  if (name === undefined) return 'MissingName';
  if (!isName(name)) return 'InvalidName';
  if (trace_id === undefined) return 'MissingTraceId';
  if (typeof trace_id !== 'string' || !/^1-[0-9a-f]{8}-[0-9a-f]{24}$/i.test(trace_id))
    return 'InvalidTraceId';
  if (start_time === undefined) return 'MissingStartTime';
  if (!isTime(start_time)) return 'InvalidStartTime';
  if (end_time === undefined && segment['in_progress'] !== true) return 'MissingEndTime';
  if (end_time !== undefined && !isTime(end_time)) return 'InvalidEndTime';
  if (segment['type'] === 'subsegment' && parent_id === undefined) return 'MissingParentId';
  if (parent_id !== undefined && parent_id !== null && !isSegmentId(parent_id)) return 'InvalidParentId';
  return problemInside(segment);
}

/** Names, ids and annotations of the subsegments too: annotations are counted over the whole document. */
function problemInside(segment: Fields): string | undefined {
  let annotations = 0;
  for (const part of partsOf(segment)) {
    if (!isSegmentId(part['id'])) return 'InvalidId';
    if (!isName(part['name'])) return 'InvalidName';
    const pairs = Object.entries(asObject(part['annotations']) ?? {});
    if (!pairs.every(([key, value]) => isAnnotation(key, value))) return 'InvalidAnnotation';
    annotations += pairs.length;
  }
  return annotations > MAX_ANNOTATIONS ? 'TooManyAnnotations' : undefined;
}

/** The segment and the subsegments in it, however deep. */
function partsOf(segment: Fields): readonly Fields[] {
  const parts: Fields[] = [segment];
  for (const part of parts) {
    const below = part['subsegments'];
    if (Array.isArray(below)) for (const element of below) parts.push(asObject(element) ?? {});
  }
  return parts;
}

const isSegmentId = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{16}$/i.test(value);

const isTime = (value: unknown): value is number => typeof value === 'number' && value > 0;

const isName = (value: unknown) =>
  typeof value === 'string' &&
  value.length <= MAX_NAME_LENGTH &&
  /^[\p{L}\p{N}\s_.:/%&#=+\\\-@]+$/u.test(value);

function isAnnotation(key: string, value: unknown): boolean {
  if (!/^\w+$/.test(key) || key.length > MAX_ANNOTATION_KEY_LENGTH) return false;
  if (typeof value === 'string') return value.length <= MAX_STRING_LENGTH;
  return typeof value === 'number' || typeof value === 'boolean';
}
