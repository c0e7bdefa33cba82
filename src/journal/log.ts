// Part of the journal: the log itself, over a store of segments. Appends are grouped: one write for all that wait.

import { setImmediate as endOfTurn } from 'node:timers/promises';
import { type BufferPool, noPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import type { ItemSet } from '../model/item-set.ts';
import type { Accepted, DestinationId, JournalRecord, Position } from '../model/signals.ts';
import type { CursorFile } from './cursors.ts';
import {
  type Backlog,
  type FsyncPolicy,
  type Journal,
  JournalError,
  type JournalEvents,
  type JournalReader,
} from './journal.ts';
import { Loans } from './loans.ts';
import { createReader } from './reader.ts';
import { encodeFrameHead, FRAME_OVERHEAD_BYTES } from './record.ts';
import { recoverSegments, reportRecovered } from './recovery.ts';
import { SegmentList } from './segments.ts';
import type { SegmentStore } from './store.ts';
import { Tail } from './tail.ts';
import { Upkeep } from './upkeep.ts';

export interface LogOptions {
  mode: 'disk' | 'memory';
  dir: string | null;
  maxBytes: number;
  maxAgeMs: number;
  fsync: FsyncPolicy;
  /** What readers that keep up find in memory. */
  tailBytes?: number;
  /** Takes the payloads back that everybody has settled. */
  pool?: BufferPool;
  store: SegmentStore;
  /** Every destination that is on, and those that are off but have a cursor from before. */
  openCursors(startAt: Position): Promise<ReadonlyMap<DestinationId, CursorFile>>;
  clock: Clock;
  events: JournalEvents;
}

interface Waiting {
  accepted: Accepted;
  head: Buffer;
  written(position: Position): void;
  resolve(position: Position): void;
  reject(error: Error): void;
}

/** One write carries at most this much, so that nobody waits long for a large group. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
const TAIL_BYTES = 4 * 1024 * 1024;

export class Log implements Journal {
  readonly mode: 'disk' | 'memory';
  readonly dir: string | null;
  readonly maxBytes: number;
  readonly fsync: FsyncPolicy | null;
  readonly #options: LogOptions;
  readonly #cursors = new Map<DestinationId, CursorFile>();
  readonly #loans = new Map<DestinationId, Loans>();
  readonly #segments: SegmentList;
  readonly #tail: Tail;
  readonly #upkeep: Upkeep;
  readonly #listeners = new Set<() => void>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  #writable = true;
  #open = false;

  constructor(options: LogOptions) {
    this.mode = options.mode;
    this.dir = options.dir;
    this.maxBytes = options.maxBytes;
    this.fsync = options.mode === 'disk' ? options.fsync : null;
    this.#options = options;
    this.#tail = new Tail(options.tailBytes ?? TAIL_BYTES, options.pool);
    this.#segments = new SegmentList(options.store, options.maxBytes, this.#cursors, {
      ...options.events,
      evicted: (gone) => {
        this.#tail.forget(gone.position);
        this.#loans.get(gone.destination)?.forget(gone.position);
        options.events.evicted(gone);
      },
    });
    this.#upkeep = new Upkeep(this.#segments, this.#cursors, options);
  }

  get bytes(): number {
    return this.#segments.bytes;
  }

  /** Finds what an earlier run left, reports it as recovered, and opens the end of the log for appending. */
  async start(): Promise<void> {
    const { found, damaged } = await recoverSegments(this.#options.store, this.#segments);
    for (const [destination, cursor] of await this.#options.openCursors(this.#segments.end)) {
      this.#cursors.set(destination, cursor);
      // Where it begins is on disk before anything is accepted: a kill before the first settlement must not move it to the end.
      await cursor.flush().catch(() => undefined);
    }
    const ends = [...this.#cursors.values()].map((cursor) => cursor.settlements.end);
    await this.#segments.openActive(Math.max(this.#segments.end, ...ends));
    reportRecovered(found, damaged, this.#segments, this.#cursors, this.#options.events);
    this.#open = true;
    this.#upkeep.start();
  }

  append(accepted: Accepted, written: (position: Position) => void = () => undefined): Promise<Position> {
    if (!this.#open)
      return Promise.reject(new JournalError('journal_unavailable', 'the journal is not open'));
    const head = encodeFrameHead(accepted);
    this.#waitingBytes += head.length + accepted.payload.length;
    const position = new Promise<Position>((resolve, reject) =>
      this.#waiting.push({ accepted, head, written, resolve, reject }),
    );
    this.#writing ??= this.#writeAll();
    return position;
  }

  hasRoom(bytes: number): boolean {
    const wanted = this.#waitingBytes + bytes + FRAME_OVERHEAD_BYTES;
    return this.#segments.makeRoom(wanted);
  }

  reader(destination: DestinationId): JournalReader {
    const loans = new Loans(this.#options.pool ?? noPool);
    this.#loans.set(destination, loans);
    return createReader(
      destination,
      this.#cursor(destination).settlements,
      this.#segments,
      this.#tail,
      loans,
      this.#options.events,
    );
  }

  settle(destination: DestinationId, position: Position, items: 'whole' | ItemSet): void {
    const cursor = this.#cursor(destination);
    if (items === 'whole') {
      cursor.settlements.settle(position);
      cursor.noteSettled(position);
      this.#loans.get(destination)?.settled(position);
      // At once: what lives briefly is cheap to collect, and this is the bulk of all memory.
      this.#tail.recycleBelow(this.#segments.lowestUnsettled());
    } else {
      cursor.settlements.settleItems(position, items);
      cursor.noteItems(position);
    }
    this.#upkeep.noteSettled();
  }

  backlog(destination: DestinationId): Backlog {
    return this.#segments.backlog(this.#cursor(destination).settlements);
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Everything appended is on disk and every settlement written when this resolves. */
  async shutdown(): Promise<void> {
    this.#open = false;
    await this.#writing;
    await this.#upkeep.stop();
    await this.#segments.close();
  }

  #cursor(destination: DestinationId): CursorFile {
    const cursor = this.#cursors.get(destination);
    if (!cursor) throw new Error(`no cursor for ${destination}: it was not on when the journal was opened`);
    return cursor;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What else arrives in this turn of the event loop shares the write.
      await endOfTurn();
      await this.#writeGroup(this.#takeGroup());
    }
    this.#writing = undefined;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.head.length + waiting.accepted.payload.length;
      if (count > 0 && bytes > MAX_GROUP_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const buffers = group.flatMap(({ head, accepted }) => [head, accepted.payload]);
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    try {
      if (this.#segments.isActiveFull || this.#upkeep.isActiveAged()) await this.#segments.roll();
      const segment = this.#segments.active;
      await segment.data.append(buffers);
      if (this.fsync === 'always') await segment.data.sync();
      else this.#upkeep.noteUnsynced(segment);
      for (const waiting of group) this.#written(waiting);
      this.#noteWritable(true, undefined);
    } catch (error) {
      this.#noteWritable(false, error as Error);
      const failure = new JournalError('journal_unavailable', 'the journal cannot be written', {
        cause: error,
      });
      for (const waiting of group) waiting.reject(failure);
    } finally {
      this.#waitingBytes -= bytes;
    }
    for (const listener of this.#listeners) listener();
  }

  #written({ accepted, head, written, resolve }: Waiting): void {
    const position = this.#segments.end;
    written(position);
    this.#segments.noteAppended(
      head.length + accepted.payload.length,
      accepted.summary.items,
      accepted.receivedAtMs,
    );
    const record: JournalRecord = { ...accepted, position };
    this.#tail.push(record);
    resolve(position);
  }

  #noteWritable(ok: boolean, error: Error | undefined): void {
    if (ok === this.#writable) return;
    this.#writable = ok;
    this.#options.events.writable(ok, error);
  }
}
