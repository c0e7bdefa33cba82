// Part of the journal: the log itself: its parts, and how they hang together.
import { type BufferPool, noPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import type { ItemSet } from '../model/item-set.ts';
import { Ranges } from '../model/ranges.ts';
import type { Accepted, DestinationId, Position } from '../model/signals.ts';
import { Appends } from './appends.ts';
import { Bound } from './bound.ts';
import type { Cursor } from './cursors.ts';
import type { Home, HomeParts } from './home.ts';
import {
  type Backlog,
  type Evicted,
  type FsyncPolicy,
  type Journal,
  JournalError,
  type JournalEvents,
  type JournalHealth,
  type JournalReader,
} from './journal.ts';
import { Loans } from './loans.ts';
import { createReader, type ReaderOptions } from './reader.ts';
import { RECORD_OVERHEAD_BYTES } from './record.ts';
import { SegmentList } from './segments.ts';
import { Tail } from './tail.ts';
import { reasonOf } from './trouble.ts';
import { Upkeep } from './upkeep.ts';

export interface LogOptions {
  /** Null when all is in memory. */
  dir: string | null;
  maxBytes: number;
  maxAgeMs: number;
  fsync: FsyncPolicy;
  /** What readers that keep up find in memory. */
  tailBytes?: number;
  /** Takes the payloads back that nobody holds any more. */
  pool?: BufferPool;
  /** Where segments are begun. */
  home(parts: HomeParts): Home;
  /** Called last, also when starting failed. */
  closed?(): Promise<void>;
  clock: Clock;
  events: JournalEvents;
}

const TAIL_BYTES = 4 * 1024 * 1024;

export class Log implements Journal {
  readonly dir: string | null;
  readonly maxBytes: number;
  readonly fsync: FsyncPolicy | null;
  readonly #options: LogOptions;
  readonly #pool: BufferPool;
  readonly #cursors = new Map<DestinationId, Cursor>();
  readonly #loans = new Map<DestinationId, Loans>();
  readonly #segments: SegmentList;
  readonly #bound: Bound;
  readonly #tail: Tail;
  readonly #upkeep: Upkeep;
  readonly #appends: Appends;
  readonly #home: Home;
  readonly #listeners = new Set<() => void>();
  /** Positions whose records are not there as they were written. */
  readonly #damaged = new Ranges();
  /** What a directory had that could be used only later: what each destination still has to read of it. */
  readonly #earlier = new Map<DestinationId, ReaderOptions['earlier']>();
  #open = false;

  constructor(options: LogOptions) {
    const { dir, maxBytes, fsync, clock, maxAgeMs, events, pool = noPool } = options;
    const [segments, cursors] = [new SegmentList(maxBytes, () => [...this.#cursors.keys()]), this.#cursors];
    this.dir = dir;
    this.maxBytes = maxBytes;
    this.fsync = dir === null ? null : fsync;
    this.#options = options;
    this.#pool = pool;
    this.#segments = segments;
    this.#tail = new Tail(options.tailBytes ?? TAIL_BYTES, pool);
    this.#bound = new Bound(maxBytes, segments, cursors, (gone) => this.#evicted(gone));
    this.#upkeep = new Upkeep({
      segments,
      cursors,
      bound: this.#bound,
      syncs: fsync === 'interval',
      maxAgeMs,
      clock,
      syncFailed: (segment, error) => this.#home.syncFailed(segment, error),
      cursorsChanged: (isWell, error) => events.writable(isWell, error, 'settlements'),
      tick: () => this.#home.tick(),
    });
    this.#home = options.home({
      segments,
      cursors,
      events: {
        recovered: (found) => events.recovered(found),
        missing: (gone) => {
          this.#damaged.add(gone.position, gone.position + gone.records);
          events.missing(gone);
        },
      },
      isDue: () => this.#upkeep.isActiveAged(),
      flush: () => this.#upkeep.flush(),
      adopted: (end) => this.#adopted(end),
      changed: (isWell, error) => {
        events.writable(isWell, error, 'records');
        this.#wakeReaders();
      },
    });
    this.#appends = new Appends({
      home: this.#home,
      syncsEach: this.fsync === 'always',
      appended: (record) => this.#tail.push(record),
      grouped: () => {
        this.#upkeep.noteUnsynced(segments.active);
        this.#wakeReaders();
      },
    });
  }

  get mode(): 'disk' | 'memory' {
    return this.#segments.memoryBytes > 0 ? 'memory' : 'disk';
  }

  get bytes(): number {
    return this.#segments.storedBytes;
  }

  /** Finds what an earlier run left, reports it, and opens the end of the log for appending. */
  async start(): Promise<void> {
    try {
      await this.#home.start();
    } catch (error) {
      await this.#options.closed?.();
      throw error;
    }
    // Where cursors begin is on disk before anything is accepted: a kill before the first settlement must not move them to the end.
    await this.#upkeep.flush();
    this.#open = true;
    this.#upkeep.start();
  }

  append(accepted: Accepted, written: (position: Position) => void = () => undefined): Promise<Position> {
    if (this.#open) return this.#appends.append(accepted, written);
    return Promise.reject(new JournalError('journal_unavailable', 'the journal is not open'));
  }

  hasRoom(bytes: number): boolean {
    const wanted = this.#appends.waitingBytes + bytes + RECORD_OVERHEAD_BYTES;
    return this.#home.hasRoom(wanted) && this.#bound.makeRoom(wanted);
  }

  reader(destination: DestinationId): JournalReader {
    const loans = new Loans(this.#pool);
    const earlier = { from: 0, to: 0 };
    this.#loans.set(destination, loans);
    this.#earlier.set(destination, earlier);
    return createReader({
      settlements: this.#cursor(destination).settlements,
      segments: this.#segments,
      tail: this.#tail,
      loans,
      earlier,
      damaged: (segment, position) => {
        this.#damaged.add(position);
        this.#bound.giveUp(destination, segment, position, 'journal_damaged');
      },
      untilReadable: () => this.#home.untilReadable(),
    });
  }

  settle(destination: DestinationId, position: Position, items: 'whole' | ItemSet): void {
    const cursor = this.#cursor(destination);
    if (items === 'whole') {
      cursor.settle(position);
      this.#loans.get(destination)?.giveBack(position);
      // At once: what lives briefly is cheap to collect, and this is the bulk of all memory.
      this.#tail.recycleBelow(this.#bound.lowestUnsettled());
    } else cursor.settleItems(position, items);
    this.#upkeep.noteSettled();
  }

  backlog(destination: DestinationId): Backlog {
    return this.#segments.backlog(this.#cursor(destination).settlements);
  }

  health(): JournalHealth {
    const { trouble, maxMemoryBytes } = this.#home;
    const { cursorTrouble } = this.#upkeep;
    let damagedRecords = 0;
    for (const [from, to] of this.#damaged.entries()) damagedRecords += to - from;
    const reason = trouble
      ? reasonOf('records', trouble.error)
      : cursorTrouble && reasonOf('settlements', cursorTrouble.error);
    return {
      reason,
      sinceMs: (trouble ?? cursorTrouble)?.sinceMs,
      memoryBytes: this.#segments.memoryBytes,
      maxMemoryBytes,
      damagedRecords,
    };
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything appended is on disk and every settlement written when this resolves; what cannot be is counted. */
  async shutdown(): Promise<void> {
    this.#open = false;
    await this.#appends.idle();
    await this.#upkeep.stop();
    await this.#home.stop();
    for (const [destination, items] of this.#bound.giveUpMemory())
      this.#options.events.memoryLost(destination, items);
    await this.#upkeep.flush();
    await this.#segments.close();
    await this.#options.closed?.();
  }

  #evicted(gone: Evicted): void {
    const loans = this.#loans.get(gone.destination);
    const record = loans?.get(gone.position);
    this.#tail.forget(gone.position);
    loans?.forget(gone.position);
    this.#options.events.evicted({ ...gone, record });
    this.#upkeep.noteSettled();
  }

  /** Readers that began already are above it. */
  #adopted(end: Position): void {
    for (const earlier of this.#earlier.values()) Object.assign(earlier, { from: 0, to: end });
    this.#wakeReaders();
  }

  #wakeReaders(): void {
    for (const listener of this.#listeners) listener();
  }

  #cursor(destination: DestinationId): Cursor {
    const cursor = this.#cursors.get(destination);
    if (!cursor) throw new Error(`no cursor for ${destination}: it was not on when the journal was opened`);
    return cursor;
  }
}
