// Part of the journal: what happens beside appending. Cursors to disk, fdatasync, removal by settlement and by age.
import type { Clock } from '../model/clock.ts';
import type { DestinationId } from '../model/signals.ts';
import type { Bound } from './bound.ts';
import type { Cursor } from './cursors.ts';
import type { Trouble } from './home.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segments.ts';
import { Turns } from './turns.ts';

export interface UpkeepOptions {
  segments: SegmentList;
  cursors: ReadonlyMap<DestinationId, Cursor>;
  bound: Bound;
  /** fdatasync each second. */
  syncs: boolean;
  maxAgeMs: number;
  clock: Clock;
  /** fdatasync failed: nobody knows what of the segment is on disk. */
  syncFailed(segment: Segment, error: Error): Promise<void>;
  /** A cursor file could not be written, or all can be again: once per change. */
  cursorsChanged(isWell: boolean, error: Error | undefined): void;
  /** Every ten seconds. */
  tick(): void;
}

/** DESIGN section 1: settlements are written at most 100 ms or 1,000 settlements later. */
const FLUSH_AFTER_MS = 100;
const FLUSH_AFTER_SETTLEMENTS = 1000;
/** After a failure, when nothing more is settled meanwhile. */
const FLUSH_AGAIN_MS = 10_000;
/** SIDECAST_JOURNAL_FSYNC=interval: at most the last second is lost with the host. */
const SYNC_EVERY_MS = 1000;
const CHECK_EVERY_MS = 10_000;
/** A quiet journal still starts a new segment now and then, so that the old one can be removed. */
const MAX_SEGMENT_AGE_MS = 3_600_000;
/** A clock that goes differently from the timers by more than this was set, or the machine slept. */
const CLOCK_STEP_MS = 60_000;

export class Upkeep {
  readonly #options: UpkeepOptions;
  readonly #flushes = new Turns();
  readonly #unsynced = new Set<Segment>();
  #settlements = 0;
  #cursorTrouble: Trouble | undefined;
  #queuedFlush: Promise<void> | undefined;
  #syncing: Promise<void> | undefined;
  #cancelFlush: (() => void) | undefined;
  #cancelSync: (() => void) | undefined;
  #cancelCheck: (() => void) | undefined;
  #isStopped = false;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Why settlements cannot be written now. */
  get cursorTrouble(): Trouble | undefined {
    return this.#cursorTrouble;
  }

  start(): void {
    this.#scheduleCheck();
  }

  noteSettled(): void {
    this.#settlements += 1;
    if (this.#settlements === FLUSH_AFTER_SETTLEMENTS) void this.flush();
    else this.#scheduleFlush(FLUSH_AFTER_MS);
  }

  noteUnsynced(segment: Segment): void {
    if (!this.#options.syncs || segment.data.isInMemory) return;
    this.#unsynced.add(segment);
    this.#cancelSync ??= this.#options.clock.schedule(SYNC_EVERY_MS, () => {
      this.#cancelSync = undefined;
      this.#syncing = this.#sync();
    });
  }

  /** Writes what was settled, and frees what nobody needs then; one at a time. What cannot be written is tried again. */
  flush(): Promise<void> {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    this.#queuedFlush ??= this.#flushes.take(() => this.#flush());
    return this.#queuedFlush;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const cancel of [this.#cancelSync, this.#cancelCheck]) cancel?.();
    await this.flush();
    await this.#syncing;
    await this.#sync();
  }

  /** True when the active segment should make way although it has room. */
  isActiveAged(): boolean {
    const { segments, maxAgeMs, clock } = this.#options;
    const limitMs = Math.min(MAX_SEGMENT_AGE_MS, maxAgeMs / 8);
    return segments.active.count > 0 && clock.now() - segments.active.baseTimeMs > limitMs;
  }

  #scheduleFlush(afterMs: number): void {
    if (this.#isStopped) return;
    this.#cancelFlush ??= this.#options.clock.schedule(afterMs, () => void this.flush());
  }

  async #flush(): Promise<void> {
    const { segments, cursors, bound } = this.#options;
    this.#queuedFlush = undefined;
    this.#settlements = 0;
    let failure: Error | undefined;
    for (const cursor of cursors.values()) {
      await cursor.flush(segments.end).catch((error: Error) => {
        failure ??= error;
      });
    }
    this.#noteCursors(failure);
    bound.collect();
    await segments.sweep(Math.min(...[...cursors.values()].map((cursor) => cursor.safeLow)));
  }

  #noteCursors(error: Error | undefined): void {
    const { clock, cursorsChanged } = this.#options;
    const before = this.#cursorTrouble;
    this.#cursorTrouble = error && { sinceMs: before?.sinceMs ?? clock.now(), error };
    if (error) this.#scheduleFlush(FLUSH_AGAIN_MS);
    if ((before === undefined) !== (error === undefined)) cursorsChanged(!error, error);
  }

  async #sync(): Promise<void> {
    const segments = [...this.#unsynced];
    this.#unsynced.clear();
    for (const segment of segments) {
      const { end, data } = segment;
      try {
        await data.sync();
        segment.syncedTo = Math.max(segment.syncedTo, end);
      } catch (error) {
        // What was removed or moved meanwhile is not in that file any more.
        if (this.#options.segments.has(segment) && segment.data === data)
          await this.#options.syncFailed(segment, error as Error);
      }
    }
  }

  #scheduleCheck(): void {
    const { clock } = this.#options;
    const dueAtMs = clock.now() + CHECK_EVERY_MS;
    this.#cancelCheck = clock.schedule(CHECK_EVERY_MS, () => {
      this.#check(clock.now() - dueAtMs);
      this.#scheduleCheck();
    });
  }

  #check(lateMs: number): void {
    const { segments, bound, clock, maxAgeMs, tick } = this.#options;
    // Ages are kept as they were: a clock set forward gives nothing up, one set back keeps nothing for ever.
    if (Math.abs(lateMs) > CLOCK_STEP_MS) for (const segment of segments.all()) segment.baseTimeMs += lateMs;
    bound.giveUpBefore(clock.now() - maxAgeMs);
    tick();
    void this.flush();
  }
}
