// Part of the model: large buffers that are used again. V8 collects late what lies outside its heap: under load the bodies
// of two seconds would wait for it.

export interface BufferPool {
  /** A buffer of exactly that many bytes, with old contents in it. The caller holds it. */
  take(bytes: number): Buffer;
  /** One more holder. */
  retain(buffer: Uint8Array): void;
  /**
   * One holder less; the last one's buffer is used again, so whoever gives may not touch it any more. A holder that never
   * gives leaves the buffer to the collector. Buffers that the pool did not make are ignored.
   */
  give(buffer: Uint8Array): void;
}

/** Smaller ones cost less to make than to keep count of. */
const MIN_POOLED_BYTES = 2 * 1024;
const MAX_POOLED_BYTES = 1024 * 1024;
/** Sizes are rounded up to this, so that requests of about one size share: to the first below the second, and to that above. */
const SMALL_STEP_BYTES = 2 * 1024;
const STEP_BYTES = 32 * 1024;

interface Lent {
  whole: Buffer;
  holders: number;
}

export function createBufferPool(maxIdleBytes: number): BufferPool {
  const idle = new Map<number, Buffer[]>();
  const lent = new WeakMap<Uint8Array, Lent>();
  let idleBytes = 0;

  function keep(whole: Buffer): void {
    if (idleBytes + whole.length > maxIdleBytes) return;
    idleBytes += whole.length;
    const stack = idle.get(whole.length);
    if (stack) stack.push(whole);
    else idle.set(whole.length, [whole]);
  }

  return {
    take(bytes) {
      if (bytes < MIN_POOLED_BYTES || bytes > MAX_POOLED_BYTES) return Buffer.allocUnsafeSlow(bytes);
      const step = bytes < STEP_BYTES ? SMALL_STEP_BYTES : STEP_BYTES;
      const size = Math.ceil(bytes / step) * step;
      const found = idle.get(size)?.pop();
      if (found) idleBytes -= size;
      const whole = found ?? Buffer.allocUnsafeSlow(size);
      const view = whole.subarray(0, bytes);
      lent.set(view, { whole, holders: 1 });
      return view;
    },
    retain(buffer) {
      const entry = lent.get(buffer);
      if (entry) entry.holders += 1;
    },
    give(buffer) {
      const entry = lent.get(buffer);
      if (!entry) return;
      entry.holders -= 1;
      if (entry.holders > 0) return;
      lent.delete(buffer);
      keep(entry.whole);
    },
  };
}

/** For whoever has no pool: every buffer is new and the collector's. */
export const noPool: BufferPool = {
  take: (bytes) => Buffer.allocUnsafeSlow(bytes),
  retain: () => undefined,
  give: () => undefined,
};
