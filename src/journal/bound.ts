// Part of the journal: the bounds on bytes and age, and who pays when one is reached.
import type { DestinationId, Position } from '../model/signals.ts';
import type { Cursor } from './cursors.ts';
import type { Evicted } from './journal.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segments.ts';

export class Bound {
  readonly #maxBytes: number;
  readonly #segments: SegmentList;
  readonly #cursors: ReadonlyMap<DestinationId, Cursor>;
  readonly #evicted: (gone: Evicted) => void;

  constructor(
    maxBytes: number,
    segments: SegmentList,
    cursors: ReadonlyMap<DestinationId, Cursor>,
    evicted: (gone: Evicted) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#segments = segments;
    this.#cursors = cursors;
    this.#evicted = evicted;
  }

  /** True when that many bytes fit, after removing the oldest segments that somebody else has settled whole. */
  makeRoom(bytes: number): boolean {
    while (this.#segments.storedBytes + bytes > this.#maxBytes) {
      const { oldest } = this.#segments;
      if (!oldest || oldest === this.#segments.active || !this.#somebodyKeepsUp(oldest)) return false;
      this.#giveUpWhole(oldest);
      this.#segments.removeOldest();
    }
    return true;
  }

  /** Gives up on what was received before `cutoffMs` and is still owed. */
  giveUpBefore(cutoffMs: number): void {
    for (const [destination, { settlements }] of this.#cursors) {
      for (;;) {
        const position = settlements.nextUnsettled(settlements.low);
        const segment = this.#segments.find(position);
        if (!segment || position < segment.first || segment.receivedAtMs(position) >= cutoffMs) break;
        this.giveUp(destination, segment, position, 'max_age');
      }
    }
  }

  giveUp(destination: DestinationId, segment: Segment, position: Position, code: Evicted['code']): void {
    const cursor = this.#cursors.get(destination);
    const settled = cursor?.settlements.items(position)?.size ?? 0;
    cursor?.settle(position);
    this.#evicted({ destination, position, items: segment.items(position) - settled, code });
  }

  /** Gives up on what is in memory only, at the end: so many items a destination. The next start does not count them again. */
  giveUpMemory(): Map<DestinationId, number> {
    const lost = new Map<DestinationId, number>();
    for (const [destination, cursor] of this.#cursors) {
      const { settlements } = cursor;
      for (const segment of this.#segments.all().filter(({ data }) => data.isInMemory)) {
        for (let at = settlements.nextUnsettled(segment.first); at < segment.end; ) {
          const items = segment.items(at) - (settlements.items(at)?.size ?? 0);
          lost.set(destination, (lost.get(destination) ?? 0) + items);
          cursor.settle(at);
          at = settlements.nextUnsettled(at + 1);
        }
      }
    }
    return lost;
  }

  /** Removes what every destination has settled. */
  collect(): void {
    const low = this.lowestUnsettled();
    for (;;) {
      const { oldest } = this.#segments;
      if (!oldest || oldest === this.#segments.active || oldest.end > low) return;
      this.#segments.removeOldest();
    }
  }

  lowestUnsettled(): Position {
    let low = this.#segments.end;
    for (const { settlements } of this.#cursors.values()) low = Math.min(low, settlements.low);
    return low;
  }

  /** Only destinations that are on count: a cursor that waits for its destination to come back keeps nobody out. */
  #somebodyKeepsUp(oldest: Segment): boolean {
    const on = [...this.#cursors.values()].filter((cursor) => cursor.isOn);
    return on.length === 0 || on.some(({ settlements }) => settlements.low >= oldest.end);
  }

  #giveUpWhole(segment: Segment): void {
    for (const [destination, { settlements }] of this.#cursors) {
      for (let position = segment.first; position < segment.end; position++) {
        if (!settlements.has(position)) this.giveUp(destination, segment, position, 'journal_full');
      }
    }
  }
}
