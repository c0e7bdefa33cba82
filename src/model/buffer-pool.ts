// Part of the model: large buffers that are used again. V8 collects late what lies outside its heap: under load the bodies
// of two seconds would wait for it.

export interface BufferPool {
  /** A buffer of exactly that many bytes, with old contents in it. */
  take(bytes: number): Buffer;
  /** Nobody may touch the buffer after this. Buffers that the pool did not give out are ignored. */
  give(buffer: Uint8Array): void;
}

/** Smaller ones die young, which is cheap. */
const MIN_POOLED_BYTES = 16 * 1024;
const MAX_POOLED_BYTES = 1024 * 1024;
/** Sizes are rounded up to this, so that requests of about one size share. */
const STEP_BYTES = 32 * 1024;

export function createBufferPool(maxIdleBytes: number): BufferPool {
  const idle = new Map<number, Buffer[]>();
  const lent = new WeakMap<Uint8Array, Buffer>();
  let idleBytes = 0;
  return {
    take(bytes) {
      if (bytes < MIN_POOLED_BYTES || bytes > MAX_POOLED_BYTES) return Buffer.allocUnsafeSlow(bytes);
      const size = Math.ceil(bytes / STEP_BYTES) * STEP_BYTES;
      const found = idle.get(size)?.pop();
      if (found) idleBytes -= size;
      const whole = found ?? Buffer.allocUnsafeSlow(size);
      const view = whole.subarray(0, bytes);
      lent.set(view, whole);
      return view;
    },
    give(buffer) {
      const whole = lent.get(buffer);
      if (!whole) return;
      lent.delete(buffer);
      if (idleBytes + whole.length > maxIdleBytes) return;
      idleBytes += whole.length;
      const stack = idle.get(whole.length);
      if (stack) stack.push(whole);
      else idle.set(whole.length, [whole]);
    },
  };
}

/** For whoever has no pool: every buffer is new and the collector's. */
export const noPool: BufferPool = { take: (bytes) => Buffer.allocUnsafeSlow(bytes), give: () => undefined };
