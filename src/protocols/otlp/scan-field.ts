// Part of protocols/otlp: what the scan's loops share: skipping a field, and the checks of attributes.
//
// The scan's loops keep their position in a local variable and read the common forms (tags and lengths of one byte)
// inline; anything else falls through to these functions. Reading past the end of the array gives undefined, which turns
// the sum `to` into NaN: so bounds are checked as `!(to <= end)`.
import { MalformedError } from './malformed.ts';
import { endOfVarint, MAX_DEPTH, readLength, skipPayload } from './wire.ts';

/** For each known field number, the wire types that it may have, as bits; 0 = unknown, anything goes. */
export type FieldTypes = Uint8Array;

export const VARINT = 1 << 0;
export const FIXED64 = 1 << 1;
export const LEN = 1 << 2;
export const FIXED32 = 1 << 5;

export function fieldTypes(types: Readonly<Record<number, number>>): FieldTypes {
  const table = new Uint8Array(Math.max(...Object.keys(types).map(Number)) + 1);
  for (const [number, bits] of Object.entries(types)) table[Number(number)] = bits;
  return table;
}

/** ArrayValue and KeyValueList. */
const LIST = fieldTypes({ 1: LEN });
const KEY_VALUE = fieldTypes({ 1: LEN, 2: LEN, 3: VARINT });
const ANY_VALUE = fieldTypes({ 1: LEN, 2: VARINT, 3: VARINT, 4: FIXED64, 5: LEN, 6: LEN, 7: LEN, 8: VARINT });

export function truncated(): MalformedError {
  return new MalformedError('the body ends inside a field');
}

/** Skips the field whose tag is at `pos`, after checking its wire type; gives the position after it. */
export function skipField(b: Uint8Array, pos: number, end: number, types: FieldTypes): number {
  const afterTag = endOfVarint(b, pos, end);
  const tag = readLength(b, pos);
  const number = tag >>> 3;
  if (number === 0) throw new MalformedError('a field has the number 0');
  const allowed = number < types.length ? types[number]! : 0;
  if (allowed !== 0 && (allowed & (1 << (tag & 7))) === 0) {
    throw new MalformedError(`field ${number} has the wire type ${tag & 7}`);
  }
  // The loops know the known fields by their shortest tag; a padded one would slip by unread.
  if (allowed !== 0 && afterTag - pos > (number < 16 ? 1 : 2)) throw new MalformedError('a tag is padded');
  return skipPayload(b, afterTag, end, tag, 0);
}

/** `depth` counts the arrays and maps around this attribute. */
export function checkKeyValue(b: Uint8Array, from: number, end: number, depth: number): void {
  let pos = from;
  // Nearly always: a key, then a value, both short.
  if (b[pos] === 0x0a && b[pos + 1]! < 128) {
    const value = pos + 2 + b[pos + 1]!;
    if (b[value] === 0x12 && b[value + 1]! < 128 && value + 2 + b[value + 1]! === end) {
      if (b[value + 2] !== 0x0a || value + 4 + b[value + 3]! !== end || b[value + 3]! > 127) {
        checkAnyValue(b, value + 2, end, depth);
      }
      return;
    }
  }
  while (pos < end) {
    const tag = b[pos]!;
    if (tag !== 0x0a && tag !== 0x12) {
      pos = skipField(b, pos, end, KEY_VALUE);
      continue;
    }
    let length = b[++pos]!;
    if (length > 127) {
      length = readLengthWithin(b, pos, end);
      pos = endOfVarint(b, pos, end);
    } else pos++;
    const to = pos + length;
    if (!(to <= end)) throw truncated();
    if (tag === 0x12) checkAnyValue(b, pos, to, depth);
    pos = to;
  }
}

export function checkAnyValue(b: Uint8Array, from: number, end: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new MalformedError(`attribute values are nested deeper than ${MAX_DEPTH}`);
  let pos = from;
  while (pos < end) {
    const tag = b[pos]!;
    if (tag !== 0x0a && tag !== 0x2a && tag !== 0x32) {
      pos = skipField(b, pos, end, ANY_VALUE);
      continue;
    }
    let length = b[++pos]!;
    if (length > 127) {
      length = readLengthWithin(b, pos, end);
      pos = endOfVarint(b, pos, end);
    } else pos++;
    const to = pos + length;
    if (!(to <= end)) throw truncated();
    if (tag === 0x2a)
      eachMessage(b, pos, to, LIST, (tag, at, end) => tag === 0x0a && checkAnyValue(b, at, end, depth + 1));
    else if (tag === 0x32)
      eachMessage(b, pos, to, LIST, (tag, at, end) => tag === 0x0a && checkKeyValue(b, at, end, depth + 1));
    pos = to;
  }
}

export function readLengthWithin(b: Uint8Array, pos: number, end: number): number {
  endOfVarint(b, pos, end);
  return readLength(b, pos);
}

/** Checks every field's wire type and hands out the length-delimited ones with a tag of one byte. */
export function eachMessage(
  b: Uint8Array,
  from: number,
  end: number,
  types: FieldTypes,
  visit: (tag: number, from: number, to: number) => unknown,
): void {
  let pos = from;
  while (pos < end) {
    const tag = b[pos]!;
    const after = skipField(b, pos, end, types);
    if ((tag & 7) === 2 && tag < 128) visit(tag, endOfVarint(b, pos + 1, end), after);
    pos = after;
  }
}
