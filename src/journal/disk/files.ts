// Part of the journal: what it needs of a file system, and nothing more. Tests put their own in its place, with a fault at any call.
import { close, constants, fdatasync, fstatSync, ftruncate, open, read, writev, writevSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

export interface OpenFile {
  /** When it was opened. */
  readonly bytes: number;
  /** May write less than asked, like write(2). Synchronous where that is cheaper. */
  write(buffers: readonly Uint8Array[], offset: number): number | Promise<number>;
  /** May read less than asked; 0 at the end. */
  read(into: Uint8Array, offset: number): Promise<number>;
  /** fdatasync: what was written would survive a power loss. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  /** False when the file was deleted: what is written to it ends with the process. */
  isLinked(): boolean;
  close(): Promise<void>;
}

export interface Files {
  /** With all that leads to it. */
  makeDirectory(path: string): Promise<void>;
  list(dir: string): Promise<readonly string[]>;
  /** `create` fails when there is such a file, `existing` when there is none; `replace` empties it. */
  open(path: string, how: 'create' | 'existing' | 'replace'): Promise<OpenFile>;
  /** Undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  appendText(path: string, text: string): Promise<void>;
  modifiedAtMs(path: string): Promise<number | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** Fine when there is no such file. */
  remove(path: string): Promise<void>;
  /** The names in it would survive a power loss. */
  syncDirectory(dir: string): Promise<void>;
}

/** Errors that say nothing about a file but that it cannot be had now: somebody can mend that. */
const MENDABLE = new Set([
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENOMEM',
  'EAGAIN',
  'EBUSY',
  'ESTALE',
  'ETIMEDOUT',
]);

/** True when reading the file again, with the disk as well as ever, would give no more. */
export function isOfTheFile(error: Error): boolean {
  return !MENDABLE.has((error as NodeJS.ErrnoException).code ?? '');
}

/** Private to the user who runs sidecast: telemetry holds customer data. */
const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;

const FLAGS = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL,
  existing: constants.O_RDWR,
  replace: constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC,
};

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);
const syncFile = promisify(fdatasync);

/** Not Node's own way with parents: that never ends where a directory is there and refuses a child as missing, as /proc does. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: DIRECTORY_MODE });
  } catch (error) {
    const found = await unlessMissing(stat(path));
    if (found?.isDirectory()) return;
    if (found || (await unlessMissing(stat(dirname(path))))) throw error;
    await makeDirectory(dirname(path));
    await mkdir(path, { mode: DIRECTORY_MODE });
  }
}

export const nodeFiles: Files = {
  makeDirectory,
  list: (dir) => readdir(dir),
  open: async (path, how) => opened(await openFile(path, FLAGS[how], FILE_MODE)),
  readText: (path) => unlessMissing(readFile(path, 'utf8')),
  appendText: (path, text) => appendFile(path, text, { mode: FILE_MODE }),
  modifiedAtMs: async (path) => (await unlessMissing(stat(path)))?.mtimeMs,
  rename,
  async remove(path) {
    await unlessMissing(unlink(path));
  },
  async syncDirectory(dir) {
    const fd = await openFile(dir, constants.O_RDONLY);
    try {
      await syncFile(fd);
    } catch (error) {
      // Some network file systems know no such thing.
      if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    } finally {
      await closeFile(fd);
    }
  },
};

function opened(fd: number): OpenFile {
  return {
    bytes: fstatSync(fd).size,
    write: (buffers, offset) => write(fd, buffers, offset),
    read: (into, offset) =>
      new Promise((resolve, reject) => {
        read(fd, into, 0, into.length, offset, (error, bytes) => (error ? reject(error) : resolve(bytes)));
      }),
    sync: () => syncFile(fd),
    truncate: (bytes) => truncateFile(fd, bytes),
    isLinked: () => fstatSync(fd).nlink > 0,
    close: () => closeFile(fd),
  };
}

/**
 * Up to this much goes to the page cache from the main thread: a copy of 0.1 ms at most, where handing over to the thread
 * pool and back costs as much again in wake-ups (measured: 0.11 ms of CPU a write, Node 24).
 */
const MAX_SYNC_WRITE_BYTES = 512 * 1024;

function write(fd: number, buffers: readonly Uint8Array[], offset: number): number | Promise<number> {
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  if (bytes <= MAX_SYNC_WRITE_BYTES) return writevSync(fd, buffers, offset);
  return new Promise((resolve, reject) => {
    writev(fd, buffers, offset, (error, bytesWritten) => (error ? reject(error) : resolve(bytesWritten)));
  });
}

async function unlessMissing<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
