// Part of protocols/otlp: a request's bytes as strings and numbers.

/** Attribute keys, span names and the like recur in every request; beyond this many, the cache starts anew. */
const MAX_CACHED = 4096;
const MAX_CACHED_BYTES = 48;

/** CloudWatch Logs takes no event, Rollbar no item and X-Ray no document that is larger: see their exporters. */
const MAX_TEXT_BYTES = 1024 * 1024;

interface CachedText {
  bytes: Uint8Array;
  text: string;
}

/** By a hash of the bytes; of texts with the same hash the last one stays. */
const cache = new Map<number, CachedText>();

export class Source {
  readonly bytes: Buffer;
  readonly #view: DataView;

  constructor(body: Uint8Array) {
    this.bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
    this.#view = new DataView(body.buffer, body.byteOffset, body.length);
  }

  text(from: number, to: number): string {
    if (to - from > MAX_TEXT_BYTES) return this.#shortened(from, to);
    return to === from ? '' : this.bytes.toString('utf8', from, to);
  }

  #shortened(from: number, to: number): string {
    const head = this.bytes.toString('utf8', from, from + MAX_TEXT_BYTES / 2);
    const tail = this.bytes.toString('utf8', to - MAX_TEXT_BYTES / 2, to);
    return `${head} … ${to - from - MAX_TEXT_BYTES} bytes cut … ${tail}`;
  }

  /** For texts that recur: the same string again, without making it. */
  recurringText(from: number, to: number): string {
    const length = to - from;
    if (length > MAX_CACHED_BYTES) return this.text(from, to);
    const bytes = this.bytes;
    let hash = length;
    for (let at = from; at < to; at++) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
    const cached = cache.get(hash);
    if (cached && this.#equals(cached.bytes, from, length)) return cached.text;
    if (cache.size >= MAX_CACHED) cache.clear();
    const text = this.text(from, to);
    cache.set(hash, { bytes: new Uint8Array(bytes.subarray(from, to)), text });
    return text;
  }

  #equals(cached: Uint8Array, from: number, length: number): boolean {
    if (cached.length !== length) return false;
    for (let i = 0; i < length; i++) if (cached[i] !== this.bytes[from + i]) return false;
    return true;
  }

  /** Ids as lower-case hex digits. */
  hex(from: number, to: number): string {
    return to === from ? '' : this.bytes.toString('hex', from, to);
  }

  /** Whether the same bytes stand at both places. */
  isSame(a: { from: number; to: number }, b: { from: number; to: number }): boolean {
    if (a.to - a.from !== b.to - b.from) return false;
    for (let i = 0; i < a.to - a.from; i++)
      if (this.bytes[a.from + i] !== this.bytes[b.from + i]) return false;
    return true;
  }

  uint64(at: number): bigint {
    return this.#view.getBigUint64(at, true);
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  double(at: number): number {
    return this.#view.getFloat64(at, true);
  }
}
