// Part of delivery: records that are left alone for a few seconds, because what becomes of them is known only then.
import type { Position } from '../model/signals.ts';

/** Whoever has more on hold reads no further (DESIGN section 1: at most 64 K positions). */
const MAX_HELD = 65_536;
/** The longest hold, whatever a clock that was set says. */
const MAX_HOLD_MS = 15_000;

/** Only positions are kept: the records are read again. */
export class Holds {
  readonly #dueAtMs = new Map<Position, number>();

  get isFull(): boolean {
    return this.#dueAtMs.size >= MAX_HELD;
  }

  get size(): number {
    return this.#dueAtMs.size;
  }

  has(position: Position): boolean {
    return this.#dueAtMs.has(position);
  }

  add(position: Position, forMs: number, nowMs: number): void {
    this.#dueAtMs.set(position, nowMs + Math.min(forMs, MAX_HOLD_MS));
  }

  forget(positions: ReadonlySet<Position>): void {
    for (const position of positions) this.#dueAtMs.delete(position);
  }

  /** One whose time has come, which is then no longer held. */
  takeDue(nowMs: number): Position | undefined {
    for (const [position, dueAtMs] of this.#dueAtMs) {
      if (dueAtMs > nowMs) continue;
      this.#dueAtMs.delete(position);
      return position;
    }
    return undefined;
  }

  /** When the next one is due; infinity without any. */
  nextAtMs(): number {
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const dueAtMs of this.#dueAtMs.values()) nextAtMs = Math.min(nextAtMs, dueAtMs);
    return nextAtMs;
  }
}
