// Part of receivers/aws-xray: traces that grow large, found by weighing one document in every 32 KiB of what comes.

/** Each weighed document stands for so much, so a trace of 400 KiB is weighed about 13 times. */
const EVERY_BYTES = 32 * 1024;
/** AWS re:Post on "Trace Size Exceeded": 500 KB when it comes in bursts, about 100 KB when it trickles. */
export const TRACE_QUOTA_BYTES = 500_000;
const NEAR_BYTES = 400_000;
/** Those that were weighed last. */
const MAX_TRACES = 512;

const TRACE_ID = Buffer.from('"trace_id"');
const X_RAY_TRACE_ID = /1-[0-9a-f]{8}-[0-9a-f]{24}/i;

export class TraceWeights {
  readonly #weights = new Map<string, number>();
  #unweighedBytes = 0;

  /** True when this document is to be weighed. */
  isDue(bytes: number): boolean {
    this.#unweighedBytes += bytes;
    return this.#unweighedBytes >= EVERY_BYTES;
  }

  /** The id of its trace, once, when that has come near the quota. */
  weigh(document: Buffer): string | undefined {
    const credit = this.#unweighedBytes;
    this.#unweighedBytes = 0;
    const at = document.indexOf(TRACE_ID);
    if (at < 0) return undefined;
    const traceId = X_RAY_TRACE_ID.exec(document.toString('latin1', at, at + TRACE_ID.length + 45))?.[0];
    if (!traceId) return undefined;
    const before = this.#weights.get(traceId) ?? 0;
    this.#weights.delete(traceId);
    this.#weights.set(traceId, before + credit);
    if (this.#weights.size > MAX_TRACES) {
      const oldest = this.#weights.keys().next();
      if (!oldest.done) this.#weights.delete(oldest.value);
    }
    return before < NEAR_BYTES && before + credit >= NEAR_BYTES ? traceId : undefined;
  }
}
