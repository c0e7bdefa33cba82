// Part of the journal: compresses sealed segments once a destination that is on lags far behind: a long outage then takes a
// fraction of the disk. One at a time, beside everything else.
import type { DestinationId } from '../../model/signals.ts';
import type { Cursor } from '../cursors.ts';
import type { Segment } from '../segment.ts';
import type { SegmentList } from '../segments.ts';
import type { DiskStore } from './store.ts';

/** A destination that is further behind does not read soon what is sealed. */
const BEHIND_BYTES = 64 * 1024 * 1024;

export class Compression {
  readonly #store: DiskStore;
  readonly #segments: SegmentList;
  readonly #cursors: ReadonlyMap<DestinationId, Cursor>;
  readonly #behindBytes: number;
  /** What would not become smaller. */
  readonly #dense = new WeakSet<Segment>();
  #running: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    store: DiskStore,
    segments: SegmentList,
    cursors: ReadonlyMap<DestinationId, Cursor>,
    behindBytes = BEHIND_BYTES,
  ) {
    this.#store = store;
    this.#segments = segments;
    this.#cursors = cursors;
    this.#behindBytes = behindBytes;
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
    if (this.#isStopped || !this.#isSomebodyBehind()) return undefined;
    return this.#segments
      .all()
      .find(
        (segment) =>
          segment !== this.#segments.active &&
          !segment.data.isInMemory &&
          !segment.data.isCompressed &&
          !this.#dense.has(segment),
      );
  }

  #isSomebodyBehind(): boolean {
    const on = [...this.#cursors.values()].filter((cursor) => cursor.isOn);
    return on.some(({ settlements }) => this.#segments.backlog(settlements).bytes > this.#behindBytes);
  }
}
