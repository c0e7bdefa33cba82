// Part of delivery: records that are left alone for a while, whole or in part, because what becomes of them is known only then.
import type { Clock } from '../model/clock.ts';
import type { Position } from '../model/signals.ts';

/** Whoever has more on hold reads no further (DESIGN section 1: at most 64 K positions). */
const MAX_HELD = 65_536;
/** The longest hold, whatever a clock that was set says; who waits longer is asked again. */
const MAX_HOLD_MS = 15_000;

/** Other items of the record are on their way. */
const BUSY_MS = 1000;

/** Only positions are kept: the records are read again. */
export class Holds {
  readonly #dueAtMs = new Map<Position, number>();
  readonly #clock: Pick<Clock, 'now'>;
  readonly #steady: Pick<Clock, 'now'>;

  /** `clock` is that of `receivedAtMs`. */
  constructor(clock: Pick<Clock, 'now'>, steady: Pick<Clock, 'now'>) {
    this.#clock = clock;
    this.#steady = steady;
  }

  get isFull(): boolean {
    return this.#dueAtMs.size >= MAX_HELD;
  }

  get size(): number {
    return this.#dueAtMs.size;
  }

  has(position: Position): boolean {
    return this.#dueAtMs.has(position);
  }

  add(position: Position, untilMs: number): void {
    const forMs = Math.min(untilMs - this.#clock.now(), MAX_HOLD_MS);
    this.#dueAtMs.set(position, this.#steady.now() + forMs);
  }

  forget(positions: ReadonlySet<Position>): void {
    for (const position of positions) this.#dueAtMs.delete(position);
  }

  /** One whose time has come, which is then no longer held; of what `isBusy` the time has not come. `all`: it has of all others. */
  takeDue(all: boolean, isBusy: (position: Position) => boolean): Position | undefined {
    const nowMs = this.#steady.now();
    for (const [position, dueAtMs] of this.#dueAtMs) {
      if (dueAtMs > nowMs && !all) continue;
      if (isBusy(position)) this.#dueAtMs.set(position, nowMs + BUSY_MS);
      else {
        this.#dueAtMs.delete(position);
        return position;
      }
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
