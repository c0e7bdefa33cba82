// Part of protocols/otlp: writes varints.

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
