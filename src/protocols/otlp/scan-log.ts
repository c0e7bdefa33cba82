// Part of protocols/otlp: one log record within the scan.
import { SEVERITY_ERROR } from '../../model/otlp.ts';
import {
  checkAnyValue,
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
import { endOfVarint, Fields, isZero, readInt32, WireType } from './wire.ts';

const LOG_RECORD = fieldTypes({
  1: FIXED64,
  2: VARINT,
  3: LEN,
  5: LEN,
  6: LEN,
  7: VARINT,
  8: FIXED32,
  9: LEN,
  10: LEN,
  11: FIXED64,
  12: LEN,
});
/** The exception attributes of the semantic conventions all begin so. */
const EXCEPTION_PREFIX = new TextEncoder().encode('exception.');

/** Checks the record in [from, end) and gives what it is, as bits of `Found`. */
export function scanLog(b: Uint8Array, from: number, end: number): number {
  let pos = from;
  let found = 0;
  let timed = false;
  let severity = 0;
  let traceIdBytes = 0;
  let spanIdBytes = 0;
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
      if (tag === 0x32) {
        checkKeyValue(b, pos, to, 0);
        if (isExceptionKey(b, pos, to)) found |= Found.EXCEPTION;
      } else if (tag === 0x2a) checkAnyValue(b, pos, to, 0);
      else if (tag === 0x4a) traceIdBytes = length;
      else if (tag === 0x52) spanIdBytes = length;
      else {
        pos = skipField(b, start, end, LOG_RECORD);
        continue;
      }
      pos = to;
      continue;
    }
    const after = skipField(b, pos, end, LOG_RECORD);
    if (tag === 0x09) timed = !isZero(b, pos + 1, after);
    else if (tag === 0x10) severity = readInt32(b, pos + 1);
    pos = after;
  }
  const idsAreRight = (traceIdBytes === 0 || traceIdBytes === 16) && (spanIdBytes === 0 || spanIdBytes === 8);
  if (!idsAreRight) found |= Found.INVALID;
  if (severity >= SEVERITY_ERROR) found |= Found.ERROR;
  if (!timed) found |= Found.UNTIMED;
  return found;
}

function isExceptionKey(b: Uint8Array, from: number, to: number): boolean {
  if (b[from] === 0x0a && b[from + 1]! < 128) {
    return b[from + 1]! >= EXCEPTION_PREFIX.length && bytesEqual(b, from + 2, EXCEPTION_PREFIX);
  }
  const fields = new Fields(b, from, to);
  while (fields.next()) {
    if (fields.number !== 1 || fields.wireType !== WireType.LEN) continue;
    if (fields.to - fields.from >= EXCEPTION_PREFIX.length && bytesEqual(b, fields.from, EXCEPTION_PREFIX)) {
      return true;
    }
  }
  return false;
}
