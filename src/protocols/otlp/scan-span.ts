// Part of protocols/otlp: one span within the scan.
import {
  checkKeyValue,
  FIXED32,
  FIXED64,
  fieldTypes,
  LEN,
  readLengthWithin,
  skipField,
  truncated,
  VARINT,
} from './scan-field.ts';
import { bytesEqual, Found } from './scan-found.ts';
import { endOfVarint, readInt32 } from './wire.ts';

const SPAN = fieldTypes({
  1: LEN,
  2: LEN,
  3: LEN,
  4: LEN,
  5: LEN,
  6: VARINT,
  7: FIXED64,
  8: FIXED64,
  9: LEN,
  10: VARINT,
  11: LEN,
  12: VARINT,
  13: LEN,
  14: VARINT,
  15: LEN,
  16: FIXED32,
});
const EVENT = fieldTypes({ 1: FIXED64, 2: LEN, 3: LEN, 4: VARINT });
const LINK = fieldTypes({ 1: LEN, 2: LEN, 3: LEN, 4: LEN, 5: VARINT, 6: FIXED32 });
const STATUS = fieldTypes({ 2: LEN, 3: VARINT });
const EXCEPTION = new TextEncoder().encode('exception');
const KIND_SERVER = 2;
const STATUS_ERROR = 2;

/** Checks the span in [from, end) and gives what it is, as bits of `Found`. */
export function scanSpan(b: Uint8Array, from: number, end: number): number {
  let pos = from;
  let traceIdBytes = 0;
  let spanIdBytes = 0;
  let parentIdBytes = 0;
  let kind = 0;
  let statusCode = 0;
  let found = 0;
  while (pos < end) {
    const tag = b[pos]!;
    if ((tag & 7) === 2) {
      const start = pos;
      let length = b[++pos]!;
      if (length > 127) {
        length = readLengthWithin(b, pos, end);
        pos = endOfVarint(b, pos, end);
      } else pos++;
      const to = pos + length;
      if (!(to <= end)) throw truncated();
      if (tag === 0x4a) checkKeyValue(b, pos, to, 0);
      else if (tag === 0x0a) traceIdBytes = length;
      else if (tag === 0x12) spanIdBytes = length;
      else if (tag === 0x22) parentIdBytes = length;
      else if (tag === 0x5a) found |= scanEvent(b, pos, to);
      else if (tag === 0x6a) found |= scanLink(b, pos, to);
      else if (tag === 0x7a) statusCode = scanStatus(b, pos, to, statusCode);
      else if (tag !== 0x2a && tag !== 0x1a) {
        pos = skipField(b, start, end, SPAN);
        continue;
      }
      pos = to;
    } else if (tag === 0x39 || tag === 0x41) {
      pos += 9;
      if (pos > end) throw truncated();
    } else if (tag === 0x30) {
      const after = endOfVarint(b, pos + 1, end);
      kind = readInt32(b, pos + 1);
      pos = after;
    } else pos = skipField(b, pos, end, SPAN);
  }
  if (traceIdBytes !== 16 || spanIdBytes !== 8 || (parentIdBytes !== 0 && parentIdBytes !== 8)) {
    found |= Found.INVALID;
  }
  if (kind === KIND_SERVER) found |= Found.SERVER;
  if (statusCode === STATUS_ERROR) found |= Found.ERROR;
  return found;
}

function scanEvent(b: Uint8Array, from: number, end: number): number {
  let pos = from;
  let exception = false;
  while (pos < end) {
    const tag = b[pos]!;
    if (tag !== 0x12 && tag !== 0x1a) {
      pos = skipField(b, pos, end, EVENT);
      continue;
    }
    const length = readLengthWithin(b, pos + 1, end);
    pos = endOfVarint(b, pos + 1, end);
    const to = pos + length;
    if (!(to <= end)) throw truncated();
    if (tag === 0x1a) checkKeyValue(b, pos, to, 0);
    else exception = length === EXCEPTION.length && bytesEqual(b, pos, EXCEPTION);
    pos = to;
  }
  return exception ? Found.EXCEPTION : 0;
}

/** A link may point nowhere (SDKs keep links to invalid contexts for their attributes), but not have half an id. */
function scanLink(b: Uint8Array, from: number, end: number): number {
  let pos = from;
  let found = 0;
  while (pos < end) {
    const tag = b[pos]!;
    if (tag !== 0x0a && tag !== 0x12 && tag !== 0x22) {
      pos = skipField(b, pos, end, LINK);
      continue;
    }
    const length = readLengthWithin(b, pos + 1, end);
    pos = endOfVarint(b, pos + 1, end);
    const to = pos + length;
    if (!(to <= end)) throw truncated();
    if (tag === 0x22) checkKeyValue(b, pos, to, 0);
    else if (length !== 0 && length !== (tag === 0x0a ? 16 : 8)) found = Found.INVALID;
    pos = to;
  }
  return found;
}

function scanStatus(b: Uint8Array, from: number, end: number, before: number): number {
  let code = before;
  for (let pos = from; pos < end; pos = skipField(b, pos, end, STATUS)) {
    if (b[pos] !== 0x18) continue;
    endOfVarint(b, pos + 1, end);
    code = readInt32(b, pos + 1);
  }
  return code;
}
