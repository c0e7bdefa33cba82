// Part of the sandbox: how large each trace has grown; X-Ray refuses what goes beyond (AWS re:Post on "Trace Size Exceeded").

/** 500 KB is what a trace may reach when its segments arrive together. */
export const MAX_TRACE_BYTES = 500 * 1024;
const MAX_TRACES = 20_000;

export class TraceSizes {
  readonly #bytes = new Map<string, number>();

  /** False when the trace would be too large; it then stays as it was. */
  grow(traceId: string, bytes: number): boolean {
    const total = (this.#bytes.get(traceId) ?? 0) + bytes;
    if (total > MAX_TRACE_BYTES) return false;
    this.#bytes.set(traceId, total);
    if (this.#bytes.size > MAX_TRACES) {
      const oldest = this.#bytes.keys().next();
      if (!oldest.done) this.#bytes.delete(oldest.value);
    }
    return true;
  }
}
