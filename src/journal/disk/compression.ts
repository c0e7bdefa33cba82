// Part of the journal: compresses sealed segments once a destination that is on lags far behind: a long outage then takes a
// fraction of the disk. One at a time, beside everything else.
import type { Clock } from '../../model/clock.ts';
import type { DestinationId } from '../../model/signals.ts';
import type { Cursor } from '../cursors.ts';
import type { Segment } from '../segment.ts';
import type { SegmentList } from '../segments.ts';
import type { DiskStore } from './store.ts';

/** A destination that is further behind does not read soon what is sealed. */
const BEHIND_BYTES = 64 * 1024 * 1024;
/**
 * Nor what has been there for so long. At 100,000 spans/s, 64 MiB are two seconds: whoever is busy with them should not share
 * the processor with what compresses them (2 µs a span, as much as all else on the way to Honeycomb).
 */
const OLD_MS = 30_000;

/** Of the journal's bound. Who is further behind than that share has no time left: old or not, it is made smaller. */
const TIGHT_SHARE = 0.25;

export interface CompressionOptions {
  behindBytes?: number | undefined;
  oldMs?: number | undefined;
}

export class Compression {
  readonly #store: DiskStore;
  readonly #segments: SegmentList;
  readonly #cursors: ReadonlyMap<DestinationId, Cursor>;
  readonly #clock: Clock;
  readonly #behindBytes: number;
  readonly #oldMs: number;
  readonly #tightBytes: number;
  /** What would not become smaller. */
  readonly #dense = new WeakSet<Segment>();
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    store: DiskStore,
    segments: SegmentList,
    cursors: ReadonlyMap<DestinationId, Cursor>,
    clock: Clock,
    maxBytes: number,
    { behindBytes = BEHIND_BYTES, oldMs = OLD_MS }: CompressionOptions = {},
  ) {
    this.#store = store;
    this.#segments = segments;
    this.#cursors = cursors;
    this.#clock = clock;
    this.#behindBytes = behindBytes;
    this.#oldMs = oldMs;
    this.#tightBytes = maxBytes * TIGHT_SHARE;
  }

  /** Begins when there is something to do. A failure leaves the plain file, and ends it until it is considered again. */
  consider(): void {
    this.#running ??= this.#run()
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined;
      });
  }

  /** Resolves when the segment that is at work is done. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    for (let segment = this.#next(); segment; segment = this.#next()) await this.#compress(segment);
  }

  #compress(segment: Segment): Promise<void> {
    return this.#segments.rewrite(segment, async (data) => {
      const smaller = await this.#store.compress(segment.first, data, segment.bytes);
      if (!smaller) this.#dense.add(segment);
      return smaller;
    });
  }

  #next(): Segment | undefined {
    if (this.#isStopped) return undefined;
    const behindBytes = this.#furthestBehind();
    if (behindBytes <= this.#behindBytes) return undefined;
    const bornBeforeMs =
      behindBytes > this.#tightBytes ? Number.POSITIVE_INFINITY : this.#clock.now() - this.#oldMs;
    return this.#segments
      .all()
      .find(
        (segment) =>
          segment !== this.#segments.active &&
          !segment.data.isInMemory &&
          !segment.data.isCompressed &&
          segment.baseTimeMs <= bornBeforeMs &&
          !this.#dense.has(segment),
      );
  }

  #furthestBehind(): number {
    const on = [...this.#cursors.values()].filter((cursor) => cursor.isOn);
    return Math.max(0, ...on.map(({ settlements }) => this.#segments.backlog(settlements).bytes));
  }
}
