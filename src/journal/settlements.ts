// Part of the journal: what one destination has settled. A low-water mark, runs above it, bitmaps inside records.
import type { ItemSet } from '../model/item-set.ts';
import { Ranges } from '../model/ranges.ts';
import type { Position } from '../model/signals.ts';

export class Settlements {
  #low: Position;
  readonly #above = new Ranges();
  readonly #partial = new Map<Position, ItemSet>();

  constructor(low: Position) {
    this.#low = low;
  }

  /** Every position below is settled. */
  get low(): Position {
    return this.#low;
  }

  has(position: Position): boolean {
    return position < this.#low || this.#above.has(position);
  }

  items(position: Position): ItemSet | undefined {
    return this.#partial.get(position);
  }

  settle(position: Position): void {
    if (position < this.#low) return;
    this.#partial.delete(position);
    if (position === this.#low) this.#low = this.#above.takeRunAt(position + 1);
    else this.#above.add(position);
  }

  /** Positions that never held a record, or whose records are gone. */
  settleRange(from: Position, to: Position): void {
    if (to <= this.#low) return;
    this.#above.add(Math.max(from, this.#low), to);
    this.#low = this.#above.takeRunAt(this.#low);
    for (const position of this.#partial.keys())
      if (position >= from && position < to) this.#partial.delete(position);
  }

  settleItems(position: Position, items: ItemSet): void {
    if (this.has(position)) return;
    const known = this.#partial.get(position);
    if (known) known.addAll(items);
    else this.#partial.set(position, items);
  }

  /** Records that are settled in part begin anew. */
  forgetItems(): void {
    this.#partial.clear();
  }

  settleBelow(low: Position): void {
    if (low > this.#low) this.settleRange(this.#low, low);
  }

  /** One past the highest position that is settled or was begun: no later record may lie below it. */
  get end(): Position {
    let end = this.#low;
    for (const [, to] of this.#above.entries()) end = Math.max(end, to);
    for (const position of this.#partial.keys()) end = Math.max(end, position + 1);
    return end;
  }

  /** The first unsettled position at or after `from`. */
  nextUnsettled(from: Position): Position {
    return this.#above.firstGap(Math.max(from, this.#low));
  }

  /** The runs of [from, to) that are not settled. */
  *unsettled(from: Position, to: Position): IterableIterator<readonly [Position, Position]> {
    let at = this.nextUnsettled(from);
    for (const [settledFrom, settledTo] of this.#above.entries()) {
      if (at >= to) return;
      if (settledFrom > at) yield [at, Math.min(settledFrom, to)];
      at = Math.max(at, settledTo);
    }
    if (at < to) yield [at, to];
  }

  /**
   * What was settled before this began, found only now: everything below `earlierEnd` is as `earlier` says, and from there to
   * where this began there is nothing.
   */
  follow(earlier: Settlements, earlierEnd: Position): void {
    const began = this.#low;
    for (const [from, to] of earlier.#above.entries()) this.#above.add(from, to);
    if (began > earlierEnd) this.#above.add(earlierEnd, began);
    for (const [position, items] of earlier.#partial) this.#partial.set(position, items);
    this.#low = this.#above.takeRunAt(Math.min(earlier.#low, began));
  }

  settledAbove(): IterableIterator<readonly [Position, Position]> {
    return this.#above.entries();
  }

  partials(): IterableIterator<[Position, ItemSet]> {
    return this.#partial.entries();
  }
}
