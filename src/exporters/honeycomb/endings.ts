// Part of exporters/honeycomb: which spans came in progress, and which of those have come finished since.
import type { Span } from '../../model/otlp.ts';

type SpanId = Pick<Span, 'traceId' | 'spanId'>;

/** About 200 bytes each. What is in progress beyond that is not waited for. */
const MAX_OPEN = 20_000;
/** A live lane may read the finished one before a backlog comes to the one in progress. About 100 bytes each. */
const MAX_EARLY = 5000;

/** Bounded. An entry is forgotten after `forgetAfterMs`: by then it was sent, or a destination is down and it is heard of again. */
export class Endings {
  readonly #forgetAfterMs: number;
  readonly #open = new Map<string, { sinceMs: number; hasEnded: boolean }>();
  readonly #early = new Set<string>();
  /** Nothing is remembered for those who never send anything in progress. */
  #isUsed = false;

  constructor(forgetAfterMs: number) {
    this.#forgetAfterMs = forgetAfterMs;
  }

  hearOpen(span: SpanId, nowMs: number): void {
    this.#isUsed = true;
    const key = keyOf(span);
    if (this.#open.has(key)) return;
    for (const [oldest, { sinceMs }] of this.#open) {
      if (nowMs - sinceMs <= this.#forgetAfterMs) break;
      this.#open.delete(oldest);
    }
    if (this.#open.size < MAX_OPEN) this.#open.set(key, { sinceMs: nowMs, hasEnded: this.#early.has(key) });
  }

  hearEnded(span: SpanId): void {
    if (!this.#isUsed) return;
    const key = keyOf(span);
    const known = this.#open.get(key);
    if (known) known.hasEnded = true;
    else this.#early.add(key);
    const [oldest] = this.#early;
    if (this.#early.size > MAX_EARLY && oldest !== undefined) this.#early.delete(oldest);
  }

  /** Since when it is known to be in progress; undefined when its end came, or is not waited for. */
  openSinceMs(span: SpanId): number | undefined {
    const known = this.#open.get(keyOf(span));
    return known?.hasEnded === false ? known.sinceMs : undefined;
  }

  hasEnded(span: SpanId): boolean {
    return this.#open.get(keyOf(span))?.hasEnded ?? false;
  }
}

const keyOf = ({ traceId, spanId }: SpanId) => `${traceId}${spanId}`;
