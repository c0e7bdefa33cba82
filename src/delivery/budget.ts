// Part of delivery: how much one destination holds in memory: encoded and waiting, in flight, or failed and waiting by itself.
import { type Entry, weight } from './batcher.ts';
import type { BatchLimits } from './exporter.ts';

/** Shares of the bound beyond it: live data never waits for room that the backlog has taken, nor both for what fails again and again. */
const LIVE_SHARE = 0.5;
const ASIDE_SHARE = 0.5;

export class Budget {
  readonly #maxBytes: number;
  readonly #maxItems: number;
  #bytes = 0;
  #items = 0;
  #asideBytes = 0;

  /** Twice what can be in flight is enough to keep every slot busy; more would grow old in memory. */
  constructor(maxBytes: number, { concurrency, maxItems }: BatchLimits) {
    this.#maxBytes = maxBytes;
    this.#maxItems = 2 * concurrency * maxItems;
  }

  get hasRoom(): boolean {
    return this.#bytes < this.#maxBytes && this.#items < this.#maxItems;
  }

  get hasRoomForLive(): boolean {
    return this.#bytes < this.#maxBytes * (1 + LIVE_SHARE);
  }

  take({ item, costBytes }: Entry<unknown>): void {
    this.#bytes += costBytes;
    this.#items += weight(item);
  }

  give({ item, costBytes, isAside }: Entry<unknown>): void {
    if (isAside) this.#asideBytes -= costBytes;
    else {
      this.#bytes -= costBytes;
      this.#items -= weight(item);
    }
  }

  /** These wait for a long time, and must not stand in the way of others. */
  setAside(entries: readonly Entry<unknown>[]): void {
    for (const entry of entries) {
      if (entry.isAside || this.#asideBytes + entry.costBytes > this.#maxBytes * ASIDE_SHARE) continue;
      this.give(entry);
      entry.isAside = true;
      this.#asideBytes += entry.costBytes;
    }
  }
}
