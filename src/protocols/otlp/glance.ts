// Part of protocols/otlp: the little of each item that must be known while thousands come in a second, without decoding it.
// For requests that the scan has let pass: nothing is checked again.
import { SEVERITY_ERROR, SpanKind, StatusCode } from '../../model/otlp.ts';
import { endOfVarint, Fields, readInt32, readLength, skipPayload } from './wire.ts';

/** Where items lie in the body, in wire order: that of `scan` and `select`. Used again for the next request. */
export class Outline {
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  count = 0;

  read(body: Uint8Array): void {
    this.count = 0;
    this.#walk(body, 0, body.length, 0);
  }

  start(index: number): number {
    return this.#starts[index]!;
  }

  end(index: number): number {
    return this.#ends[index]!;
  }

  /** Resource, scope and item are the fields 1, 2 and 2 of each other, for spans and log records. */
  #walk(b: Uint8Array, from: number, end: number, level: number): void {
    const wanted = level === 0 ? 0x0a : 0x12;
    for (let pos = from; pos < end; ) {
      const tag = b[pos]!;
      if (tag !== wanted) {
        const afterTag = endOfVarint(b, pos, end);
        pos = skipPayload(b, afterTag, end, readLength(b, pos), 0);
        continue;
      }
      const start = b[pos + 1]! < 128 ? pos + 2 : endOfVarint(b, pos + 1, end);
      const to = start + readLength(b, pos + 1);
      if (level < 2) this.#walk(b, start, to, level + 1);
      else this.#push(start, to);
      pos = to;
    }
  }

  #push(start: number, end: number): void {
    if (this.count === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#ends = doubled(this.#ends);
    }
    this.#starts[this.count] = start;
    this.#ends[this.count++] = end;
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(2 * array.length);
  larger.set(array);
  return larger;
}

/** One span or log record at a time; the fields are those of the last one that was looked at. */
export class Glance {
  /** Where its 16 bytes are; -1 without one. */
  traceAt = -1;
  nameFrom = 0;
  nameTo = 0;
  startMs = 0;
  /** 0 when it has no end. */
  durationMs = 0;
  isError = false;
  #kind = 0;
  #hasParent = false;

  /** A root, or whatever took work in from elsewhere: what a request is timed by. */
  get isEntry(): boolean {
    return !this.#hasParent || this.#kind === SpanKind.SERVER || this.#kind === SpanKind.CONSUMER;
  }

  /** `wantsStatus`: false where the summary knows of no error; the look then ends where the times do. */
  span(b: Uint8Array, from: number, end: number, wantsStatus: boolean): void {
    this.traceAt = -1;
    this.nameFrom = this.nameTo = 0;
    this.startMs = this.durationMs = 0;
    this.isError = this.#hasParent = false;
    this.#kind = 0;
    let startAt = 0;
    for (let pos = from; pos < end; ) {
      const tag = b[pos]!;
      if (tag === 0x39 || tag === 0x41) {
        if (tag === 0x39) {
          startAt = pos + 1;
          this.startMs = uint64Ms(b, startAt);
        } else if (startAt > 0) {
          this.durationMs = Math.max(0, elapsedMs(b, startAt, pos + 1));
          // SDKs write fields in the order of their numbers: what is still to come is attributes.
          if (!wantsStatus && this.traceAt >= 0) return;
        }
        pos += 9;
        continue;
      }
      if ((tag & 7) === 2 && tag < 128) {
        const start = b[pos + 1]! < 128 ? pos + 2 : endOfVarint(b, pos + 1, end);
        const to = start + readLength(b, pos + 1);
        if (tag === 0x0a) this.traceAt = to - start === 16 ? start : -1;
        else if (tag === 0x22) this.#hasParent = to > start;
        else if (tag === 0x2a) {
          this.nameFrom = start;
          this.nameTo = to;
        } else if (tag === 0x7a) this.isError = isErrorStatus(b, start, to);
        pos = to;
        continue;
      }
      const afterTag = endOfVarint(b, pos, end);
      if (tag === 0x30) this.#kind = readInt32(b, afterTag);
      pos = skipPayload(b, afterTag, end, readLength(b, pos), 0);
    }
  }

  /** Its trace, and whether its severity is ERROR or above. */
  log(b: Uint8Array, from: number, end: number): void {
    this.traceAt = -1;
    this.isError = false;
    const fields = new Fields(b, from, end);
    while (fields.next()) {
      if (fields.number === 2) this.isError = readInt32(b, fields.from) >= SEVERITY_ERROR;
      else if (fields.number === 9) this.traceAt = fields.to - fields.from === 16 ? fields.from : -1;
    }
  }
}

function isErrorStatus(b: Uint8Array, from: number, to: number): boolean {
  let code = 0;
  const fields = new Fields(b, from, to);
  while (fields.next()) if (fields.number === 3) code = readInt32(b, fields.from);
  return code === StatusCode.ERROR;
}

function uint32(b: Uint8Array, at: number): number {
  return (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0;
}

/** Nanoseconds as milliseconds, to about a microsecond: no bigint is made. */
function uint64Ms(b: Uint8Array, at: number): number {
  return uint32(b, at + 4) * 4294.967296 + uint32(b, at) / 1e6;
}

/** Exact: the difference is small. */
function elapsedMs(b: Uint8Array, start: number, end: number): number {
  const high = uint32(b, end + 4) - uint32(b, start + 4);
  return high * 4294.967296 + (uint32(b, end) - uint32(b, start)) / 1e6;
}
