// Part of the journal: opens the data directory, or says why the journal begins in memory.
import type { BufferPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import type { DestinationId } from '../model/signals.ts';
import { Adoption, type NewDestinationStarts } from './disk/adoption.ts';
import { Compression, type CompressionOptions } from './disk/compression.ts';
import { DataDirectory } from './disk/directory.ts';
import { type Files, nodeFiles } from './disk/files.ts';
import { DiskHome } from './disk/home.ts';
import { createDiskStore } from './disk/store.ts';
import { LayoutError } from './errors.ts';
import { createMemoryHome, type Home, type HomeParts } from './home.ts';
import type { FsyncPolicy, Journal, JournalEvents } from './journal.ts';
import { LockedError } from './lock.ts';
import { Log } from './log.ts';

/** What the journal may hold in memory, beside everything else: with it a sidecast stays below 180 MiB. */
export const MEMORY_MAX_BYTES = 64 * 1024 * 1024;

export interface JournalOptions {
  /** A directory, or 'memory'. */
  dataDir: string;
  maxBytes: number;
  maxAgeMs: number;
  fsync: FsyncPolicy;
  /** Destinations that are on. */
  destinations: readonly DestinationId[];
  newDestinationStarts?: NewDestinationStarts;
  clock: Clock;
  events: JournalEvents;
  pool?: BufferPool;
  /** What readers that keep up find in memory. */
  tailBytes?: number;
  /** How far and for how long a destination lags before the journal is compressed. */
  compress?: CompressionOptions;
  /** Named in the directory, for a release that cannot read it. */
  release?: string;
  files?: Files;
}

export interface OpenedJournal {
  journal: Journal;
  /** Why a directory was asked for and memory is used, until the directory can be. */
  fallback: Error | undefined;
}

/** Throws LockedError and LayoutError; with any other trouble the journal begins in memory. */
export async function openJournal(options: JournalOptions): Promise<OpenedJournal> {
  const { dataDir, files = nodeFiles, release = 'sidecast' } = options;
  const maxMemoryBytes = Math.min(options.maxBytes, MEMORY_MAX_BYTES);
  if (dataDir === 'memory') return { journal: createMemoryLog(options, maxMemoryBytes), fallback: undefined };
  const directory = new DataDirectory(files, dataDir, release);
  const unusable = await directory.claim().then(
    () => undefined,
    (error: Error) => {
      if (error instanceof LockedError || error instanceof LayoutError) throw error;
      return error;
    },
  );
  const home = (parts: HomeParts) =>
    createDiskHome(options, { ...parts, files, directory, unusable, maxMemoryBytes });
  const journal = new Log({ ...options, dir: dataDir, home, closed: () => directory.release() });
  return { journal, fallback: unusable };
}

function createMemoryLog(options: JournalOptions, maxBytes: number): Journal {
  return new Log({
    ...options,
    maxBytes,
    dir: null,
    home: (parts) => createMemoryHome(options.destinations, maxBytes, parts),
  });
}

interface DiskParts extends HomeParts {
  files: Files;
  directory: DataDirectory;
  unusable: Error | undefined;
  maxMemoryBytes: number;
}

function createDiskHome(options: JournalOptions, parts: DiskParts): Home {
  const { files, directory, segments, cursors } = parts;
  const store = createDiskStore({ files, assertWell: () => home.assertWell() }, directory.journalDir);
  const adoption = new Adoption({ newDestinationStarts: 'now', ...options, ...parts, store });
  const compression = new Compression(
    store,
    segments,
    cursors,
    options.clock,
    options.maxBytes,
    options.compress,
  );
  const home = new DiskHome({ ...parts, store, adoption, compression, clock: options.clock });
  return home;
}
