// Part of the journal: the segments in order, from the oldest to the one that is written to.
import type { DestinationId, Position } from '../model/signals.ts';
import { encodeIndexFrame } from './index-frame.ts';
import type { Backlog } from './journal.ts';
import { Segment } from './segment.ts';
import { encodeSegmentHead, SEGMENT_HEAD_BYTES } from './segment-head.ts';
import type { Settlements } from './settlements.ts';
import type { SegmentBytes, SegmentStore } from './store.ts';
import { Turns } from './turns.ts';

export const SEGMENT_BYTES = 16 * 1024 * 1024;
/** A small journal has small segments: what is removed at the bound is one segment. */
const SEGMENTS_PER_JOURNAL = 8;
/** In memory they are small, so that little waits while one is written to disk. */
const MEMORY_SEGMENT_BYTES = 4 * 1024 * 1024;

export class SegmentList {
  readonly #segmentBytes: number;
  readonly #destinations: () => readonly DestinationId[];
  readonly #segments: Segment[] = [];
  readonly #rewrites = new Turns();
  /** Its old file is gone a moment before it has its new one. */
  #rewritten: Segment | undefined;
  /** Removed from the list, but not yet from the disk. */
  #doomed: Segment[] = [];

  /** `destinations` have a cursor now. */
  constructor(maxBytes: number, destinations: () => readonly DestinationId[]) {
    this.#segmentBytes = Math.min(SEGMENT_BYTES, Math.ceil(maxBytes / SEGMENTS_PER_JOURNAL));
    this.#destinations = destinations;
  }

  /** What they take, on disk and in memory. */
  get storedBytes(): number {
    let sum = 0;
    for (const { data } of this.#segments) sum += data.storedBytes;
    return sum;
  }

  get memoryBytes(): number {
    let sum = 0;
    for (const { data } of this.#segments) if (data.isInMemory) sum += data.storedBytes;
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

  get oldest(): Segment | undefined {
    return this.#segments[0];
  }

  get isActiveFull(): boolean {
    const { active } = this;
    const limit = active.data.isInMemory
      ? Math.min(MEMORY_SEGMENT_BYTES, this.#segmentBytes)
      : this.#segmentBytes;
    return active.bytes >= limit;
  }

  all(): readonly Segment[] {
    return this.#segments;
  }

  has(segment: Segment): boolean {
    return this.#segments.includes(segment);
  }

  /** The segment that holds the position, or the first one after it. */
  find(position: Position): Segment | undefined {
    let low = 0;
    let high = this.#segments.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#segments[middle]?.end ?? 0) <= position) low = middle + 1;
      else high = middle;
    }
    return this.#segments[low];
  }

  /** What an earlier run left comes before all that is there. */
  prepend(earlier: readonly Segment[]): void {
    this.#segments.unshift(...earlier);
  }

  /** `rest` takes the place of what `segment` has from there on. A file of which nothing is left waits to be replaced. */
  split(segment: Segment, rest: Segment): void {
    const at = this.#segments.indexOf(segment);
    if (at < 0) return;
    segment.cutAt(rest.first);
    if (segment.count > 0) this.#segments.splice(at + 1, 0, rest);
    else this.#segments.splice(at, 1, rest);
  }

  /** Begins a segment behind all others. */
  async begin(store: SegmentStore, first = this.end): Promise<void> {
    const head = { after: this.end, destinations: this.#destinations() };
    const data = await store.create(first);
    try {
      await data.append([encodeSegmentHead(head)]);
    } catch (error) {
      await data.remove().catch(() => undefined);
      throw error;
    }
    const last = this.#segments.at(-1);
    // One that is empty makes way for one that begins at the same position, and so has the same file.
    const replaced = last && last.count === 0 && last.first === first ? this.#segments.pop() : undefined;
    this.#segments.push(new Segment(first, head, data, SEGMENT_HEAD_BYTES));
    await replaced?.data.close();
  }

  /** Begins a segment and seals the one before it. */
  async roll(store: SegmentStore): Promise<void> {
    const full = this.active;
    await this.begin(store);
    full.seal();
    // Without it the next start reads the segment through.
    await full.data.append([encodeIndexFrame(full)]).catch(() => undefined);
  }

  /** Puts the segment's bytes elsewhere, one segment at a time. `write` resolves with undefined when that is not to be. */
  rewrite(segment: Segment, write: (data: SegmentBytes) => Promise<SegmentBytes | undefined>): Promise<void> {
    return this.#rewrites.take(async () => {
      this.#rewritten = segment;
      try {
        const before = segment.data;
        const data = await write(before);
        if (!data) return;
        segment.data = data;
        await before.close();
        // What nobody wants any more is removed there too.
        if (!this.has(segment) && !this.#doomed.includes(segment)) await data.remove().catch(() => undefined);
      } finally {
        this.#rewritten = undefined;
      }
    });
  }

  /** True when its file was deleted under us. */
  isDeleted(segment: Segment): boolean {
    return segment !== this.#rewritten && !segment.data.isLinked();
  }

  removeOldest(): void {
    const segment = this.#segments.shift();
    if (segment) this.#doomed.push(segment);
  }

  /** What a destination is behind, in bytes as they will be read. */
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

  /** The end of the segment before this one. */
  endBefore(segment: Segment): Position | undefined {
    return this.#segments[this.#segments.indexOf(segment) - 1]?.end;
  }

  /** Frees the disk of what is settled up to `low` in every cursor file, so that no start misses it. */
  async sweep(low: Position): Promise<void> {
    const freed = this.#doomed.filter((segment) => segment.data.isInMemory || segment.end <= low);
    this.#doomed = this.#doomed.filter((segment) => !freed.includes(segment));
    for (const segment of freed) await segment.data.remove().catch(() => undefined);
  }

  async close(): Promise<void> {
    for (const { data } of [...this.#doomed, ...this.#segments]) await data.close();
  }
}
