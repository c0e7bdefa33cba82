// Part of the journal: opens the data directory, or says why the journal has to live in memory.
import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BufferPool, noPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import { DESTINATION_IDS, type DestinationId, type Position } from '../model/signals.ts';
import { type CursorFile, createMemoryCursor, cursorWrittenAtMs, openCursorFile } from './cursors.ts';
import { createDiskStore } from './disk/store.ts';
import type { FsyncPolicy, Journal, JournalEvents } from './journal.ts';
import { acquireLock, type Lock } from './lock.ts';
import { Log } from './log.ts';
import { memoryStore } from './memory.ts';

/** The layout that this release reads and writes. */
const LAYOUT_VERSION = '1';
/** Without a disk the journal must fit beside everything else in memory. */
export const MEMORY_MAX_BYTES = 64 * 1024 * 1024;

export interface JournalOptions {
  /** A directory, or 'memory'. */
  dataDir: string;
  maxBytes: number;
  maxAgeMs: number;
  fsync: FsyncPolicy;
  /** Destinations that are on. */
  destinations: readonly DestinationId[];
  clock: Clock;
  events: JournalEvents;
  /** For payloads on disk; in memory the journal is their home. */
  pool?: BufferPool;
}

export interface OpenedJournal {
  journal: Journal;
  /** Why a directory was asked for and memory is used. */
  fallback: Error | undefined;
}

/** Throws LockedError and LayoutError; any other trouble with the directory falls back to memory. */
export async function openJournal(options: JournalOptions): Promise<OpenedJournal> {
  if (options.dataDir === 'memory') return { journal: createMemoryLog(options), fallback: undefined };
  try {
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
    await access(options.dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    return { journal: createMemoryLog(options), fallback: error as Error };
  }
  const lock = await acquireLock(options.dataDir);
  try {
    await checkLayout(options.dataDir);
  } catch (error) {
    await lock.release();
    if (error instanceof LayoutError) throw error;
    return { journal: createMemoryLog(options), fallback: error as Error };
  }
  return { journal: createDiskLog(options, lock), fallback: undefined };
}

export class LayoutError extends Error {
  override readonly name = 'LayoutError';
}

async function checkLayout(dataDir: string): Promise<void> {
  const path = join(dataDir, 'VERSION');
  const found = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (found === '') return writeFile(path, `${LAYOUT_VERSION}\n`, { mode: 0o600 });
  if (found === LAYOUT_VERSION) return;
  throw new LayoutError(
    `${dataDir} has layout ${found}, this release reads layout ${LAYOUT_VERSION}: run a release that reads it, or name another SIDECAST_DATA_DIR`,
  );
}

function createDiskLog(options: JournalOptions, lock: Lock): Journal {
  const cursorDir = join(options.dataDir, 'cursors');
  const log = new Log({
    ...options,
    mode: 'disk',
    dir: options.dataDir,
    store: createDiskStore(join(options.dataDir, 'journal')),
    openCursors: (startAt) => openCursorFiles(cursorDir, options, startAt),
  });
  return releasing(log, lock);
}

function createMemoryLog(options: JournalOptions): Journal {
  return new Log({
    ...options,
    maxBytes: Math.min(options.maxBytes, MEMORY_MAX_BYTES),
    mode: 'memory',
    pool: noPool,
    dir: null,
    store: memoryStore,
    openCursors: async (startAt) =>
      new Map(options.destinations.map((id) => [id, createMemoryCursor(startAt)])),
    // What is in memory anyway needs no second copy for quick reads, but views of it are free.
    tailBytes: options.maxBytes,
  });
}

async function openCursorFiles(
  dir: string,
  options: JournalOptions,
  startAt: Position,
): Promise<ReadonlyMap<DestinationId, CursorFile>> {
  const cursors = new Map<DestinationId, CursorFile>();
  for (const id of DESTINATION_IDS) {
    const isOn = options.destinations.includes(id);
    const writtenAtMs = await cursorWrittenAtMs(dir, id);
    const isFresh = writtenAtMs !== undefined && options.clock.now() - writtenAtMs < options.maxAgeMs;
    if (isOn || isFresh) cursors.set(id, await openCursorFile(dir, id, startAt, isOn));
  }
  return cursors;
}

/** The lock goes last, after everything is written. */
function releasing(log: Log, lock: Lock): Journal {
  const shutdown = log.shutdown.bind(log);
  log.shutdown = async () => {
    await shutdown();
    await lock.release();
  };
  return log;
}
