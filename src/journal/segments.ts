// Part of the journal: the segments in order, the bound on their bytes, and who pays when it is reached.
import type { DestinationId, Position } from '../model/signals.ts';
import type { CursorFile } from './cursors.ts';
import type { Backlog, Evicted, JournalEvents } from './journal.ts';
import { Segment } from './segment.ts';
import type { Settlements } from './settlements.ts';
import type { SegmentStore } from './store.ts';

export const SEGMENT_BYTES = 16 * 1024 * 1024;
/** A small journal has small segments: what is removed at the bound is one segment. */
const SEGMENTS_PER_JOURNAL = 8;

export class SegmentList {
  readonly #store: SegmentStore;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #cursors: ReadonlyMap<DestinationId, CursorFile>;
  readonly #events: JournalEvents;
  readonly #segments: Segment[] = [];
  #removals: Promise<unknown>[] = [];
  #removed = 0;

  constructor(
    store: SegmentStore,
    maxBytes: number,
    cursors: ReadonlyMap<DestinationId, CursorFile>,
    events: JournalEvents,
  ) {
    this.#store = store;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / SEGMENTS_PER_JOURNAL));
    this.#cursors = cursors;
    this.#events = events;
  }

  get bytes(): number {
    let sum = 0;
    for (const segment of this.#segments) sum += segment.bytes;
    return sum;
  }

  /** The position that the next record gets. */
  get end(): Position {
    return this.#segments.at(-1)?.end ?? 0;
  }

  get active(): Segment {
    const active = this.#segments.at(-1);
    if (!active) throw new Error('the journal has no open segment');
    return active;
  }

  get isActiveFull(): boolean {
    return this.active.bytes >= this.#segmentBytes;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
  }

  all(): readonly Segment[] {
    return this.#segments;
  }

  /** Starts a segment unless the last one can go on. `end` lies beyond it when a power loss took the newest records. */
  async openActive(end: Position): Promise<void> {
    const last = this.#segments.at(-1);
    if (!last || last.end !== end || this.isActiveFull) await this.#create(end);
  }

  async roll(): Promise<void> {
    const full = this.active;
    await this.#create(full.end);
    full.seal();
  }

  noteAppended(frameBytes: number, items: number, receivedAtMs: number): void {
    this.active.add(frameBytes, items, receivedAtMs);
  }

  /** The segment that holds the position, or the first one after it. */
  find(position: Position): Segment | undefined {
    return this.#segments.find((segment) => position < segment.end);
  }

  /** True when that many bytes fit, after removing the oldest segments that somebody else has settled whole. */
  makeRoom(bytes: number): boolean {
    while (this.bytes + bytes > this.#maxBytes) {
      const oldest = this.#segments[0];
      if (!oldest || oldest === this.active || !this.#somebodyKeepsUp(oldest)) return false;
      this.#evictOldest();
    }
    return true;
  }

  /** Gives up on what was received before `cutoffMs` and is still owed. */
  evictBefore(cutoffMs: number): void {
    for (const [destination, { settlements }] of this.#cursors) {
      for (;;) {
        const position = settlements.nextUnsettled(settlements.low);
        const segment = this.find(position);
        if (!segment || position < segment.first || segment.receivedAtMs(position) >= cutoffMs) break;
        this.#evict(destination, segment, position, 'max_age');
      }
    }
  }

  /** Removes what every destination has settled. */
  collect(): void {
    const low = this.lowestUnsettled();
    while (this.#segments.length > 1 && (this.#segments[0]?.end ?? Number.POSITIVE_INFINITY) <= low)
      this.#removeOldest();
  }

  lowestUnsettled(): Position {
    let low = this.end;
    for (const { settlements } of this.#cursors.values()) low = Math.min(low, settlements.low);
    return low;
  }

  backlog(settlements: Settlements): Backlog {
    const from = settlements.nextUnsettled(settlements.low);
    let bytes = 0;
    let oldestReceivedAtMs: number | undefined;
    for (const segment of this.#segments) {
      if (segment.end <= from || segment.count === 0) continue;
      const start = Math.max(from, segment.first);
      bytes += segment.bytes - segment.offset(start);
      oldestReceivedAtMs ??= segment.receivedAtMs(start);
    }
    return { bytes, oldestReceivedAtMs };
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#removals);
    for (const segment of this.#segments) await segment.data.close();
  }

  /** Only destinations that are on count: a cursor that waits for its destination to come back keeps nobody out. */
  #somebodyKeepsUp(oldest: Segment): boolean {
    const on = [...this.#cursors.values()].filter((cursor) => cursor.isOn);
    return on.length === 0 || on.some(({ settlements }) => settlements.low >= oldest.end);
  }

  #evictOldest(): void {
    const oldest = this.#segments[0];
    if (!oldest) return;
    for (const [destination, { settlements }] of this.#cursors) {
      for (let position = oldest.first; position < oldest.end; position++) {
        if (!settlements.has(position)) this.#evict(destination, oldest, position, 'journal_full');
      }
    }
    this.#removeOldest();
  }

  #evict(destination: DestinationId, segment: Segment, position: Position, code: Evicted['code']): void {
    const cursor = this.#cursors.get(destination);
    const settled = cursor?.settlements.items(position)?.size ?? 0;
    cursor?.settlements.settle(position);
    cursor?.noteSettled(position);
    this.#events.evicted({ destination, position, items: segment.items(position) - settled, code });
  }

  async #create(first: Position): Promise<void> {
    this.#segments.push(new Segment(first, await this.#store.create(first)));
  }

  #removeOldest(): void {
    const segment = this.#segments.shift();
    if (!segment) return;
    this.#removals.push(segment.data.remove().catch(() => undefined));
    this.#removed += 1;
    if (this.#removed % 64 === 0) this.#removals = this.#removals.slice(-64);
  }
}
