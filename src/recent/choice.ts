// Part of recent: which traces are kept when there are more than anybody could look at. Errors and slow ones first.

/** Beyond this many new traces a second, one in N is kept (issue: 500). */
const KEEP_ALL_PER_SECOND = 500;
/** What N aims at then: nobody reads more, and it is what the CPU allows. */
const AIM_PER_SECOND = 100;
/** Errors and slow ones beside those. */
const FAVOURED_PER_SECOND = { error: 50, slow: 25 };
/** SDKs send what they gathered in five seconds at once: that is no flood. */
const BURST = 5 * KEEP_ALL_PER_SECOND;
const WINDOW_MS = 1000;
/** Windows that the rate is taken over. */
const WINDOWS = 5;

export class Choice {
  readonly #rates: number[] = [];
  #windowEndsAtMs = 0;
  #seen = 0;
  #favoured = { error: 0, slow: 0 };
  #mask = 0;
  #opened = 0;

  get keepsOneIn(): number {
    return this.#mask + 1;
  }

  /** By the trace's id, so that all its spans and log records are kept, or none. */
  takes(hash: number): boolean {
    return (hash & this.#mask) === 0;
  }

  /** False when enough of them were kept in this second. */
  favours(kind: keyof typeof FAVOURED_PER_SECOND): boolean {
    if (this.#favoured[kind] >= FAVOURED_PER_SECOND[kind]) return false;
    this.#favoured[kind] += 1;
    return true;
  }

  /** A trace that was not known before is kept: `wasDrawn` when the draw alone would have taken it. */
  opened(wasDrawn: boolean): void {
    if (!wasDrawn) return;
    this.#seen += this.keepsOneIn;
    this.#opened += 1;
    if (this.#opened < BURST) return;
    // A flood, and the window is not over.
    this.#opened = BURST / 2;
    this.#mask = this.#mask * 2 + 1;
  }

  /** Called before each record. */
  tick(nowMs: number): void {
    if (nowMs < this.#windowEndsAtMs) return;
    const elapsedMs = nowMs - this.#windowEndsAtMs + WINDOW_MS;
    if (this.#windowEndsAtMs > 0) this.#rates.push((this.#seen * WINDOW_MS) / elapsedMs);
    if (this.#rates.length > WINDOWS || elapsedMs > WINDOWS * WINDOW_MS)
      this.#rates.splice(0, this.#rates.length - 1);
    this.#windowEndsAtMs = nowMs + WINDOW_MS;
    this.#seen = this.#opened = 0;
    this.#favoured = { error: 0, slow: 0 };
    const rate = this.#rates.reduce((sum, one) => sum + one, 0) / Math.max(1, this.#rates.length);
    const oneIn = rate <= KEEP_ALL_PER_SECOND ? 1 : 2 ** Math.ceil(Math.log2(rate / AIM_PER_SECOND));
    this.#mask = oneIn - 1;
  }
}

/** 32 bits, signed: V8 keeps those without a box. Of the bytes of a trace id that are random in every format; the first four may be a time. */
export function hashOf(b: Uint8Array, traceAt: number): number {
  const low =
    b[traceAt + 12]! | (b[traceAt + 13]! << 8) | (b[traceAt + 14]! << 16) | (b[traceAt + 15]! << 24);
  const high = b[traceAt + 8]! | (b[traceAt + 9]! << 8) | (b[traceAt + 10]! << 16) | (b[traceAt + 11]! << 24);
  let hash = Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}
