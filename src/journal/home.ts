// Part of the journal: where segments are begun. Here: in memory, for SIDECAST_DATA_DIR=memory. For a directory: disk/home.ts.
import type { DestinationId, Position } from '../model/signals.ts';
import { Cursor } from './cursors.ts';
import type { JournalEvents } from './journal.ts';
import { memoryStore } from './memory.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segments.ts';
import { Settlements } from './settlements.ts';

/** What is wrong with the directory, and since when. */
export interface Trouble {
  sinceMs: number;
  error: Error;
}

export interface Home {
  /** There are cursors, and a segment to write to, when this resolves. */
  start(): Promise<void>;
  /** Calls `write` with a segment that has room, again with another when the disk failed, and at last `written`. */
  place(write: (segment: Segment) => Promise<void>, written: (segment: Segment) => void): Promise<void>;
  /** False when that many bytes would pass the bound on what is held in memory. */
  hasRoom(bytes: number): boolean;
  /** A sync failed: what of the segment is on disk nobody knows. */
  syncFailed(segment: Segment, error: Error): Promise<void>;
  /** Every ten seconds. */
  tick(): void;
  /** Resolves when segments can be read again; false when everything ends instead. */
  untilReadable(): Promise<boolean>;
  /** What could be brought to disk is there when this resolves. */
  stop(): Promise<void>;
  readonly trouble: Trouble | undefined;
  readonly maxMemoryBytes: number;
}

/** What a home works on, and whom it tells. */
export interface HomeParts {
  segments: SegmentList;
  cursors: Map<DestinationId, Cursor>;
  events: Pick<JournalEvents, 'recovered' | 'missing'>;
  /** The active segment should make way although it has room. */
  isDue(): boolean;
  /** Writes all cursors. */
  flush(): Promise<void>;
  /** What an earlier run left is there to be read, up to `end`. */
  adopted(end: Position): void;
  /** Records cannot be written any more; or they can be again, and nothing is in memory only: once per change. */
  changed(isWell: boolean, error: Error | undefined): void;
}

export function createMemoryHome(
  destinations: readonly DestinationId[],
  maxMemoryBytes: number,
  { segments, cursors, isDue }: HomeParts,
): Home {
  return {
    trouble: undefined,
    maxMemoryBytes,
    async start() {
      for (const id of destinations) cursors.set(id, new Cursor(new Settlements(0), true));
      await segments.begin(memoryStore);
    },
    async place(write, written) {
      if (segments.isActiveFull || isDue()) await segments.roll(memoryStore);
      await write(segments.active);
      written(segments.active);
    },
    // The journal's own bound is the bound.
    hasRoom: () => true,
    syncFailed: async () => undefined,
    tick: () => undefined,
    untilReadable: async () => false,
    stop: async () => undefined,
  };
}
