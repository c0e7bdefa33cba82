// Part of protocols/otlp: a span as what no two spans share, which is its ids and times, and the rest, which recurs.
import type { Source } from './source.ts';
import { Fields, isZero, WireType } from './wire.ts';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** Ids and times lie side by side: what is left are two or three stretches. */
const MAX_STRETCHES = 8;
const NOWHERE = -1;
const NOTHING = Buffer.alloc(0);

/** 2^32 = 4,294,967 × 1000 + 296. */
const THOUSANDS_OF_HIGH = 4_294_967;
const REST_OF_HIGH = 296;
const FNV_PRIME = 0x01000193;

/** Of the span that was read last. Made once: an object for each span would be garbage. */
export class SpanFrame {
  bytes: Buffer = NOTHING;
  traceIdAt = NOWHERE;
  spanIdAt = NOWHERE;
  /** -1 where it has none. */
  parentIdAt = NOWHERE;
  startMicros = 0;
  endMicros = 0;
  restBytes = 0;
  readonly #stretches = new Int32Array(2 * MAX_STRETCHES);
  #stretchCount = 0;

  /**
   * False for what is no plain span: without an id or a time or with two, with an id of zeros, with events or links. Of what it says
   * otherwise, the rest must still be looked at. Trusts, as decodeSpan does, that the scan let the request in.
   */
  read(source: Source, from: number, to: number): boolean {
    const { bytes } = source;
    this.bytes = bytes;
    this.traceIdAt = this.spanIdAt = this.parentIdAt = NOWHERE;
    this.startMicros = this.endMicros = 0;
    this.#stretchCount = 0;
    this.restBytes = 0;
    let restFrom = from;
    const fields = new Fields(bytes, from, to);
    while (fields.next()) {
      const { number } = fields;
      if (number === 11 || number === 13) return false;
      if (number > 8 || number === 3 || number === 5 || number === 6) continue;
      if (!this.#take(source, fields) || !this.#keepRest(restFrom, fields.start)) return false;
      restFrom = fields.end;
    }
    return this.#keepRest(restFrom, to) && this.#isWhole();
  }

  #take(source: Source, { number, wireType, from, to }: Fields): boolean {
    const length = to - from;
    if (number === 7 && wireType === WireType.FIXED64 && this.startMicros === 0) {
      this.startMicros = toMicros(source, from);
    } else if (number === 8 && wireType === WireType.FIXED64 && this.endMicros === 0) {
      this.endMicros = toMicros(source, from);
    } else if (wireType !== WireType.LEN) return false;
    else if (number === 1 && length === TRACE_ID_BYTES && this.traceIdAt === NOWHERE) this.traceIdAt = from;
    else if (number === 2 && length === SPAN_ID_BYTES && this.spanIdAt === NOWHERE) this.spanIdAt = from;
    else if (number === 4 && length === SPAN_ID_BYTES && this.parentIdAt === NOWHERE) this.parentIdAt = from;
    // Some write that there is none.
    else return number === 4 && length === 0 && this.parentIdAt === NOWHERE;
    return true;
  }

  #isWhole(): boolean {
    const { bytes, traceIdAt, spanIdAt, parentIdAt } = this;
    return (
      this.startMicros > 0 &&
      this.endMicros > 0 &&
      isId(bytes, traceIdAt, TRACE_ID_BYTES) &&
      isId(bytes, spanIdAt, SPAN_ID_BYTES) &&
      (parentIdAt === NOWHERE || isId(bytes, parentIdAt, SPAN_ID_BYTES))
    );
  }

  #keepRest(from: number, to: number): boolean {
    if (from === to) return true;
    if (this.#stretchCount === MAX_STRETCHES) return false;
    this.#stretches[2 * this.#stretchCount] = from;
    this.#stretches[2 * this.#stretchCount + 1] = to;
    this.#stretchCount += 1;
    this.restBytes += to - from;
    return true;
  }

  traceId(): string {
    return this.bytes.toString('hex', this.traceIdAt, this.traceIdAt + TRACE_ID_BYTES);
  }

  /** FNV-1a of the rest, and of whether there is a parent. */
  hashOfRest(seed: number): number {
    let hash = this.parentIdAt === NOWHERE ? seed : ~seed;
    for (let i = 0; i < this.#stretchCount; i++) {
      const to = this.#stretches[2 * i + 1]!;
      for (let at = this.#stretches[2 * i]!; at < to; at++)
        hash = Math.imul(hash ^ this.bytes[at]!, FNV_PRIME);
    }
    return hash;
  }

  copyOfRest(): Uint8Array {
    const rest = new Uint8Array(this.restBytes);
    let end = 0;
    for (let i = 0; i < this.#stretchCount; i++) {
      const stretch = this.bytes.subarray(this.#stretches[2 * i], this.#stretches[2 * i + 1]);
      rest.set(stretch, end);
      end += stretch.length;
    }
    return rest;
  }

  letGo(): void {
    this.bytes = NOTHING;
  }

  /** Whether the rest is the same. */
  hasRest(rest: Uint8Array): boolean {
    if (rest.length !== this.restBytes) return false;
    let place = 0;
    for (let i = 0; i < this.#stretchCount; i++) {
      const to = this.#stretches[2 * i + 1]!;
      for (let at = this.#stretches[2 * i]!; at < to; at++)
        if (this.bytes[at] !== rest[place++]) return false;
    }
    return true;
  }
}

/** To the nearest microsecond. Until 2255 a sum of whole numbers below 2^53, so it is exact without a bigint. */
function toMicros(source: Source, at: number): number {
  const low = source.uint32(at);
  const high = source.uint32(at + 4);
  return high * THOUSANDS_OF_HIGH + Math.floor((high * REST_OF_HIGH + low + 500) / 1000);
}

/** An id of zeros is none. */
function isId(bytes: Uint8Array, at: number, length: number): boolean {
  return at !== NOWHERE && !isZero(bytes, at, at + length);
}
