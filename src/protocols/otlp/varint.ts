// Part of protocols/otlp: writes varints.
import { WireType } from './wire.ts';

export function byteLengthOfVarint(value: number): number {
  let bytes = 1;
  for (let rest = value; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Writes a whole number below 2^53; gives the position after it. */
export function putVarint(out: Uint8Array, at: number, value: number): number {
  let pos = at;
  let rest = value;
  while (rest > 0x7fff_ffff) {
    out[pos++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    out[pos++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  out[pos++] = rest;
  return pos;
}

export function varint(value: number): Uint8Array {
  const bytes = new Uint8Array(byteLengthOfVarint(value));
  putVarint(bytes, 0, value);
  return bytes;
}

/** What stands before the contents of a length-delimited field. Every one that we write has a number below 16: one byte of tag. */
export function headOf(number: number, contentBytes: number): Uint8Array {
  const head = new Uint8Array(1 + byteLengthOfVarint(contentBytes));
  head[0] = (number << 3) | WireType.LEN;
  putVarint(head, 1, contentBytes);
  return head;
}

/** Writes the 64 bits of `value`, two's complement. */
export function putVarint64(out: Uint8Array, at: number, value: bigint): number {
  let pos = at;
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    out[pos++] = Number(rest & 127n) | 128;
    rest >>= 7n;
  }
  out[pos++] = Number(rest);
  return pos;
}
