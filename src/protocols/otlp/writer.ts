// Part of protocols/otlp: writes protobuf messages.
import { byteLengthOfVarint, putVarint, putVarint64 } from './varint.ts';
import { WireType } from './wire.ts';

const INITIAL_BYTES = 1024;
const SHORT_CHARS = 40;

/** Grows as needed. Nested messages are opened and closed: their length is filled in when it is known. */
export class Writer {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES);
  #pos = 0;

  /** Begins anew, where nobody has use any more for what was finished. */
  reset(): this {
    this.#pos = 0;
    return this;
  }

  get length(): number {
    return this.#pos;
  }

  varint(field: number, value: number): void {
    this.#tag(field, WireType.VARINT);
    this.#reserve(10);
    this.#pos = putVarint(this.#bytes, this.#pos, value);
  }

  /** Also for negative numbers: two's complement in 64 bits. */
  varint64(field: number, value: bigint): void {
    this.#tag(field, WireType.VARINT);
    this.packedVarint64(value);
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, WireType.FIXED32);
    this.#reserve(4);
    this.#pos = this.#bytes.writeUInt32LE(value >>> 0, this.#pos);
  }

  fixed64(field: number, value: bigint): void {
    this.#tag(field, WireType.FIXED64);
    this.packedFixed64(value);
  }

  double(field: number, value: number): void {
    this.#tag(field, WireType.FIXED64);
    this.packedDouble(value);
  }

  string(field: number, value: string): void {
    if (value.length <= SHORT_CHARS && this.#ascii(field, value)) return;
    // Lone surrogates become U+FFFD here: protobuf strings must be valid UTF-8.
    const length = Buffer.byteLength(value);
    this.#length(field, length);
    this.#pos += this.#bytes.write(value, this.#pos, length, 'utf8');
  }

  bytes(field: number, value: Uint8Array): void {
    this.#length(field, value.length);
    this.#bytes.set(value, this.#pos);
    this.#pos += value.length;
  }

  /** `digits` is hex of even length. */
  hex(field: number, digits: string): void {
    this.#length(field, digits.length / 2);
    this.#pos += this.#bytes.write(digits, this.#pos, 'hex');
  }

  /** Begins a nested message or a packed field; hand the result to `close`. */
  open(field: number): number {
    this.#tag(field, WireType.LEN);
    this.#reserve(1);
    return this.#pos++;
  }

  close(mark: number): void {
    const from = mark + 1;
    const length = this.#pos - from;
    const extra = byteLengthOfVarint(length) - 1;
    if (extra > 0) {
      this.#reserve(extra);
      this.#bytes.copyWithin(from + extra, from, this.#pos);
      this.#pos += extra;
    }
    putVarint(this.#bytes, mark, length);
  }

  /** Without a tag: an element between `open` and `close`. */
  packedVarint64(value: bigint): void {
    this.#reserve(10);
    this.#pos = putVarint64(this.#bytes, this.#pos, value);
  }

  packedFixed64(value: bigint): void {
    this.#reserve(8);
    this.#pos = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#pos);
  }

  packedDouble(value: number): void {
    this.#reserve(8);
    this.#pos = this.#bytes.writeDoubleLE(value, this.#pos);
  }

  /** What was written, cut to its size. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#pos);
  }

  #tag(field: number, wireType: number): void {
    this.#reserve(5);
    this.#pos = putVarint(this.#bytes, this.#pos, field * 8 + wireType);
  }

  /** The tag and length of a length-delimited field, and room for what follows. */
  #length(field: number, length: number): void {
    this.#tag(field, WireType.LEN);
    this.#reserve(length + 5);
    this.#pos = putVarint(this.#bytes, this.#pos, length);
  }

  /** Char by char: to ask Node for the length and the bytes of a short text takes twice as long. False for what is no ASCII. */
  #ascii(field: number, value: string): boolean {
    const { length } = value;
    const start = this.#pos;
    this.#length(field, length);
    const bytes = this.#bytes;
    const at = this.#pos;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.#pos = start;
        return false;
      }
      bytes[at + i] = code;
    }
    this.#pos = at + length;
    return true;
  }

  #reserve(bytes: number): void {
    const needed = this.#pos + bytes;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#pos));
    this.#bytes = grown;
  }
}
