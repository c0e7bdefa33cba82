// Part of protocols/otlp: a message that is put together from slices of another, which are copied once, at the end.
import { byteLengthOfVarint, putVarint } from './varint.ts';
import { WireType } from './wire.ts';

/** A run of the original bytes, or a container whose contents have shrunk. */
type Slice = { from: number; to: number } | Container;

interface Container {
  tag: number;
  content: Slices;
}

export class Slices {
  bytes = 0;
  readonly #slices: Slice[] = [];

  copy(from: number, to: number): void {
    this.bytes += to - from;
    const last = this.#slices.at(-1);
    if (last && 'to' in last && last.to === from) last.to = to;
    else this.#slices.push({ from, to });
  }

  /** Every container of OTLP has a field number below 16: one byte of tag. */
  wrap(number: number, content: Slices): void {
    this.bytes += 1 + byteLengthOfVarint(content.bytes) + content.bytes;
    this.#slices.push({ tag: (number << 3) | WireType.LEN, content });
  }

  /** Of the message that they were found in. */
  cutOutOf(body: Uint8Array): Uint8Array {
    const out = new Uint8Array(this.bytes);
    this.#write(out, 0, body);
    return out;
  }

  #write(out: Uint8Array, at: number, body: Uint8Array): number {
    let pos = at;
    for (const slice of this.#slices) {
      if ('to' in slice) {
        out.set(body.subarray(slice.from, slice.to), pos);
        pos += slice.to - slice.from;
      } else {
        out[pos] = slice.tag;
        pos = putVarint(out, pos + 1, slice.content.bytes);
        pos = slice.content.#write(out, pos, body);
      }
    }
    return pos;
  }
}
