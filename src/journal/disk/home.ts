// Part of the journal: the data directory as the home of segments; memory while it cannot be written, and the way back.
import type { Clock } from '../../model/clock.ts';
import { LayoutError } from '../errors.ts';
import type { Home, HomeParts, Trouble } from '../home.ts';
import { memoryStore } from '../memory.ts';
import type { Segment } from '../segment.ts';
import { encodeSegmentHead } from '../segment-head.ts';
import { Turns } from '../turns.ts';
import type { Adoption } from './adoption.ts';
import type { Compression } from './compression.ts';
import type { DataDirectory } from './directory.ts';
import { copyToMemory } from './rescue.ts';
import type { DiskStore } from './store.ts';

export interface DiskHomeOptions extends HomeParts {
  directory: DataDirectory;
  store: DiskStore;
  adoption: Adoption;
  compression: Compression;
  clock: Clock;
  /** What may be held in memory while the directory cannot be written. */
  maxMemoryBytes: number;
  /** Why the directory cannot be used from the beginning. */
  unusable: Error | undefined;
}

/** DESIGN section 6: the directory is tried again every 10 s. */
const RETRY_EVERY_MS = 10_000;

export class DiskHome implements Home {
  readonly #options: DiskHomeOptions;
  /** Nothing is written to a segment while another is begun. */
  readonly #turns = new Turns();
  readonly #waiting: ((isReadable: boolean) => void)[] = [];
  #trouble: Trouble | undefined;
  #cancelRetry: (() => void) | undefined;
  #retrying: Promise<void> | undefined;
  /** The disk has been found well, and what is in memory is on its way to it. */
  #isComingBack = false;
  #isStopped = false;

  constructor(options: DiskHomeOptions) {
    this.#options = options;
  }

  get trouble(): Trouble | undefined {
    return this.#trouble;
  }

  get maxMemoryBytes(): number {
    return this.#options.maxMemoryBytes;
  }

  /** Takes over what is there and goes on behind it; in memory when the directory cannot be used. */
  async start(): Promise<void> {
    const { adoption, segments, store, unusable } = this.#options;
    try {
      if (unusable) throw unusable;
      await adoption.run();
      if (!adoption.goesOn || segments.isActiveFull) await segments.begin(store, adoption.end);
    } catch (error) {
      if (error instanceof LayoutError) throw error;
      this.#fail(error as Error, error !== unusable);
      await segments.begin(memoryStore, adoption.isDone ? adoption.end : adoption.beginInMemory());
    }
  }

  place(write: (segment: Segment) => Promise<void>, written: (segment: Segment) => void): Promise<void> {
    return this.#turns.take(async () => {
      const { segments } = this.#options;
      if (!(await this.#writeToDisk(write))) {
        if (segments.isActiveFull) await segments.roll(memoryStore);
        await write(segments.active);
      }
      written(segments.active);
    });
  }

  hasRoom(bytes: number): boolean {
    const { segments, maxMemoryBytes } = this.#options;
    return !segments.active.data.isInMemory || segments.memoryBytes + bytes <= maxMemoryBytes;
  }

  /** fdatasync failed. What was written since the last that did not is taken into memory, where there is room for it. */
  async syncFailed(segment: Segment, error: Error): Promise<void> {
    const { segments, maxMemoryBytes } = this.#options;
    this.#fail(error);
    await this.#turns.take(async () => {
      if (segment === segments.active) await segments.begin(memoryStore);
    });
    const from = segment.syncedTo;
    const bytes = segment.bytes - segment.offset(from);
    if (from >= segment.end || segments.memoryBytes + bytes > maxMemoryBytes) return;
    const copy = await copyToMemory(segment, from).catch(() => undefined);
    if (copy) segments.split(segment, copy);
  }

  tick(): void {
    this.#options.compression.consider();
    void this.#noticeDeleted();
  }

  /** What cannot be read is damaged when the disk works otherwise; else this rejects, and it is read when the disk works again. */
  async assertWell(): Promise<void> {
    if (this.#trouble && !this.#isComingBack) throw this.#trouble.error;
    try {
      await this.#options.directory.probe();
    } catch (error) {
      this.#fail(error as Error);
      throw error;
    }
  }

  async untilReadable(): Promise<boolean> {
    if (this.#isStopped || !this.#trouble) return !this.#isStopped;
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#cancelRetry?.();
    await this.#options.compression.stop();
    await this.retry();
    this.#cancelRetry?.();
    this.#isStopped = true;
    this.#release(false);
  }

  /** Tries the directory now, after what may be under way. */
  async retry(): Promise<void> {
    this.#retrying ??= this.#comeBack().finally(() => {
      this.#retrying = undefined;
    });
    await this.#retrying;
  }

  #fail(error: Error, isAnnounced = true): void {
    const { clock, changed } = this.#options;
    if (this.#trouble) {
      this.#trouble.error = error;
      return;
    }
    this.#trouble = { sinceMs: clock.now(), error };
    if (isAnnounced) changed(false, error);
    this.#scheduleRetry();
  }

  /** False while the disk does not take it. */
  async #writeToDisk(write: (segment: Segment) => Promise<void>): Promise<boolean> {
    const { segments, store, compression, isDue } = this.#options;
    if (segments.active.data.isInMemory) return false;
    try {
      if (segments.isActiveFull || isDue()) {
        await segments.roll(store);
        compression.consider();
      }
      await write(segments.active);
      return true;
    } catch (error) {
      this.#fail(error as Error);
      // What the failed write may have left in the file are the same records at the same positions.
      await segments.begin(memoryStore);
      return false;
    }
  }

  async #noticeDeleted(): Promise<void> {
    const { segments } = this.#options;
    if (!segments.all().some((segment) => segments.isDeleted(segment))) return;
    this.#fail(new Error('the files of the journal were deleted'));
    await this.#turns.take(async () => {
      if (segments.isDeleted(segments.active)) await segments.begin(memoryStore);
    });
  }

  #release(isReadable: boolean): void {
    for (const resolve of this.#waiting.splice(0)) resolve(isReadable);
  }

  #scheduleRetry(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = this.#options.clock.schedule(RETRY_EVERY_MS, () => void this.retry());
  }

  /** What is in memory goes to disk, the oldest first; new records go there in between, so that memory comes to an end. */
  async #comeBack(): Promise<void> {
    const { directory, store, segments, adoption, changed } = this.#options;
    const trouble = this.#trouble;
    if (!trouble) return;
    try {
      await directory.claim();
      await directory.probe();
      this.#isComingBack = true;
      await adoption.run();
      await this.#bringToDisk();
      await this.#turns.take(async () => {
        if (segments.active.data.isInMemory) await segments.roll(store);
      });
      await this.#bringToDisk();
      // It may have failed again meanwhile.
      if (segments.memoryBytes > 0) throw trouble.error;
      this.#trouble = undefined;
      this.#release(true);
      changed(true, undefined);
    } catch (error) {
      trouble.error = error as Error;
      this.#scheduleRetry();
    } finally {
      this.#isComingBack = false;
    }
  }

  /** Every segment that is not written to any more and has no file. */
  async #bringToDisk(): Promise<void> {
    const { segments, store } = this.#options;
    const lacksFile = (segment: Segment) => segment.data.isInMemory || segments.isDeleted(segment);
    for (const segment of segments.all().filter(lacksFile)) {
      if (segment === segments.active || !segments.has(segment)) continue;
      const head = { ...segment.head, after: segments.endBefore(segment) ?? segment.head.after };
      await segments.rewrite(segment, (data) => store.copy(segment.first, encodeSegmentHead(head), data));
      segment.syncedTo = segment.end;
    }
  }
}
