// Part of the journal: payloads that one destination holds, from the read until it has settled the record.
import type { BufferPool } from '../model/buffer-pool.ts';
import type { Position } from '../model/signals.ts';

/** A destination loads 2 MiB, and may read a record for one last item. What is held longer (parked records) is the collector's. */
const MAX_BYTES = 8 * 1024 * 1024;

export class Loans {
  readonly #pool: BufferPool;
  readonly #held = new Map<Position, Uint8Array>();
  #bytes = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** The payload of a record that others read as well. */
  share(position: Position, payload: Uint8Array): void {
    if (this.#held.get(position) === payload) return;
    this.#pool.retain(payload);
    this.#hold(position, payload);
  }

  /** A payload of this destination's own, copied out of what was read. */
  copy(position: Position, payload: Uint8Array): Buffer {
    const own = this.#pool.take(payload.length);
    own.set(payload);
    this.#hold(position, own);
    return own;
  }

  /** Settled whole: no request with its bytes is on the way. */
  settled(position: Position): void {
    const payload = this.#held.get(position);
    if (!payload) return;
    this.forget(position);
    this.#pool.give(payload);
  }

  /** Lets go without giving back: somebody may still read it. */
  forget(position: Position): void {
    const payload = this.#held.get(position);
    if (!payload) return;
    this.#held.delete(position);
    this.#bytes -= payload.length;
  }

  /** An earlier reading of the record may still be on the way: it stays the collector's. */
  #hold(position: Position, payload: Uint8Array): void {
    this.forget(position);
    this.#held.set(position, payload);
    this.#bytes += payload.length;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      this.forget(oldest);
    }
  }
}
