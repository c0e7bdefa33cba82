// Part of protocols/otlp: reads the protobuf wire format field by field, for all that is not as hot as the scan.
import { MalformedError } from './malformed.ts';

/** Wire types: https://protobuf.dev/programming-guides/encoding/#structure */
export const WireType = { VARINT: 0, FIXED64: 1, LEN: 2, GROUP_START: 3, GROUP_END: 4, FIXED32: 5 } as const;

/** protobuf's own default limit of nested messages is 100; nobody nests attributes deeper. */
export const MAX_DEPTH = 100;

/** Walks the fields of one message. After `next()`, the properties describe the field it stands on. */
export class Fields {
  readonly bytes: Uint8Array;
  readonly #end: number;
  number = 0;
  wireType = 0;
  /** Where the field begins (its tag) and where the next one does. */
  start = 0;
  end: number;
  /** The payload: what LEN announces, the bytes of a fixed or varint value, what is between a group's tags. */
  from = 0;
  to = 0;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.end = from;
    this.#end = to;
  }

  next(): boolean {
    if (this.end >= this.#end) return false;
    this.start = this.end;
    let tag = this.bytes[this.start]!;
    let pos = this.start + 1;
    if (tag > 127) {
      pos = endOfVarint(this.bytes, this.start, this.#end);
      tag = readLength(this.bytes, this.start);
    }
    this.number = tag >>> 3;
    this.wireType = tag & 7;
    if (this.number === 0) throw new MalformedError('a field has the number 0');
    this.#payload(pos);
    return true;
  }

  #payload(pos: number): void {
    this.from = pos;
    switch (this.wireType) {
      case WireType.VARINT:
        this.to = endOfVarint(this.bytes, pos, this.#end);
        break;
      case WireType.FIXED64:
        this.to = pos + 8;
        break;
      case WireType.LEN:
        this.from = endOfVarint(this.bytes, pos, this.#end);
        this.to = this.from + readLength(this.bytes, pos);
        break;
      case WireType.GROUP_START:
        this.#group(pos);
        return;
      case WireType.FIXED32:
        this.to = pos + 4;
        break;
      default:
        throw new MalformedError(`a field has the wire type ${this.wireType}`);
    }
    this.end = this.to;
    if (this.to > this.#end) throw new MalformedError('the body ends inside a field');
  }

  #group(pos: number): void {
    this.end = skipGroup(this.bytes, pos, this.#end, this.number, 0);
    this.to = this.end;
  }
}

/** Where the varint at `pos` ends. */
export function endOfVarint(bytes: Uint8Array, pos: number, end: number): number {
  for (let at = pos; at < end && at < pos + 10; at++) if (bytes[at]! < 128) return at + 1;
  throw new MalformedError(
    end - pos < 10 ? 'the body ends inside a number' : 'a number is longer than 10 bytes',
  );
}

/** A tag or a length; both fit 32 bits. */
export function readLength(bytes: Uint8Array, pos: number): number {
  let value = 0;
  let scale = 1;
  for (let at = pos; ; at++) {
    const byte = bytes[at]!;
    value += (byte & 127) * scale;
    if (byte < 128) break;
    scale *= 128;
  }
  if (!(value <= 0xffff_ffff)) throw new MalformedError('a tag or a length does not fit 32 bits');
  return value;
}

/** The lowest 32 bits, signed, of the varint at `pos`: enums, bools, int32. */
export function readInt32(bytes: Uint8Array, pos: number): number {
  let value = 0;
  for (let at = pos, shift = 0; shift < 35; at++, shift += 7) {
    const byte = bytes[at]!;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

/** The varint at `pos` as an unsigned 64-bit number. */
export function readUint64(bytes: Uint8Array, pos: number): bigint {
  let value = 0n;
  for (let at = pos, shift = 0n; shift < 70n; at++, shift += 7n) {
    const byte = bytes[at]!;
    value |= BigInt(byte & 127) << shift;
    if (byte < 128) break;
  }
  return BigInt.asUintN(64, value);
}

/** Of an id or a time: it is none. */
export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

/** The position after the group's end tag. `pos` is after its start tag. */
export function skipGroup(
  bytes: Uint8Array,
  pos: number,
  end: number,
  number: number,
  depth: number,
): number {
  if (depth > MAX_DEPTH) throw new MalformedError('groups are nested too deeply');
  let at = pos;
  while (at < end) {
    const afterTag = endOfVarint(bytes, at, end);
    const tag = readLength(bytes, at);
    const wireType = tag & 7;
    if (wireType === WireType.GROUP_END) {
      if (tag >>> 3 !== number) break;
      return afterTag;
    }
    at = skipPayload(bytes, afterTag, end, tag, depth);
  }
  throw new MalformedError('a group does not end');
}

/** The position after the payload of a field with this tag. `pos` is after the tag. */
export function skipPayload(bytes: Uint8Array, pos: number, end: number, tag: number, depth: number): number {
  let to: number;
  switch (tag & 7) {
    case WireType.VARINT:
      return endOfVarint(bytes, pos, end);
    case WireType.FIXED64:
      to = pos + 8;
      break;
    case WireType.LEN:
      to = endOfVarint(bytes, pos, end) + readLength(bytes, pos);
      break;
    case WireType.GROUP_START:
      return skipGroup(bytes, pos, end, tag >>> 3, depth + 1);
    case WireType.FIXED32:
      to = pos + 4;
      break;
    default:
      throw new MalformedError(`a field has the wire type ${tag & 7}`);
  }
  if (to > end) throw new MalformedError('the body ends inside a field');
  return to;
}
