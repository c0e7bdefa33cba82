// Part of the journal: what happens beside appending. Cursors to disk, fdatasync, removal by settlement and by age.
import type { DestinationId } from '../model/signals.ts';
import type { CursorFile } from './cursors.ts';
import type { LogOptions } from './log.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segments.ts';

/** DESIGN section 1: settlements are written at most 100 ms or 1,000 settlements later. */
const FLUSH_AFTER_MS = 100;
const FLUSH_AFTER_SETTLEMENTS = 1000;
/** SIDECAST_JOURNAL_FSYNC=interval: at most the last second is lost with the host. */
const SYNC_EVERY_MS = 1000;
const AGE_CHECK_EVERY_MS = 10_000;
/** A quiet journal still starts a new segment now and then, so that the old one can be removed. */
const MAX_SEGMENT_AGE_MS = 3_600_000;

export class Upkeep {
  readonly #segments: SegmentList;
  readonly #cursors: ReadonlyMap<DestinationId, CursorFile>;
  readonly #options: LogOptions;
  readonly #unsynced = new Set<Segment>();
  #settlements = 0;
  #flushing: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #cancelFlush: (() => void) | undefined;
  #cancelSync: (() => void) | undefined;
  #cancelAge: (() => void) | undefined;

  constructor(segments: SegmentList, cursors: ReadonlyMap<DestinationId, CursorFile>, options: LogOptions) {
    this.#segments = segments;
    this.#cursors = cursors;
    this.#options = options;
  }

  start(): void {
    this.#scheduleAgeCheck();
  }

  noteSettled(): void {
    this.#settlements += 1;
    if (this.#settlements >= FLUSH_AFTER_SETTLEMENTS) {
      this.#cancelFlush?.();
      this.#cancelFlush = undefined;
      this.#startFlush();
    } else this.#scheduleFlush();
  }

  noteUnsynced(segment: Segment): void {
    if (this.#options.fsync !== 'interval') return;
    this.#unsynced.add(segment);
    this.#cancelSync ??= this.#options.clock.schedule(SYNC_EVERY_MS, () => {
      this.#cancelSync = undefined;
      this.#syncing = this.#sync();
    });
  }

  async stop(): Promise<void> {
    for (const cancel of [this.#cancelFlush, this.#cancelSync, this.#cancelAge]) cancel?.();
    await this.#flushing;
    await this.#syncing;
    await this.#flush();
    await this.#sync();
  }

  /** One at a time; what is settled meanwhile is written by the next. */
  #startFlush(): void {
    if (this.#flushing) return;
    this.#flushing = this.#flush().finally(() => {
      this.#flushing = undefined;
      if (this.#settlements > 0) this.#scheduleFlush();
    });
  }

  #scheduleFlush(): void {
    this.#cancelFlush ??= this.#options.clock.schedule(FLUSH_AFTER_MS, () => {
      this.#cancelFlush = undefined;
      this.#startFlush();
    });
  }

  async #flush(): Promise<void> {
    this.#settlements = 0;
    for (const cursor of this.#cursors.values()) await cursor.flush().catch(() => undefined);
    this.#segments.collect();
  }

  async #sync(): Promise<void> {
    const segments = [...this.#unsynced];
    this.#unsynced.clear();
    for (const segment of segments) await segment.data.sync().catch(() => undefined);
  }

  #scheduleAgeCheck(): void {
    this.#cancelAge = this.#options.clock.schedule(AGE_CHECK_EVERY_MS, () => {
      this.#segments.evictBefore(this.#options.clock.now() - this.#options.maxAgeMs);
      this.#segments.collect();
      this.#scheduleAgeCheck();
    });
  }

  /** True when the active segment should make way although it has room. */
  isActiveAged(): boolean {
    const { active } = this.#segments;
    const limitMs = Math.min(MAX_SEGMENT_AGE_MS, this.#options.maxAgeMs / 8);
    return active.count > 0 && this.#options.clock.now() - active.baseTimeMs > limitMs;
  }
}
