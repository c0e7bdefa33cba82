// Part of delivery: files of lines that survive a crash in the middle of one. A torn line costs itself, never its neighbour.
import {
  closeSync,
  createReadStream,
  fdatasync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { promisify } from 'node:util';

const NEWLINE = 0x0a;
/** One read is less than 1 ms of parsing, well below what a turn of the event loop may take. */
const READ_BYTES = 64 * 1024;

const datasync = promisify(fdatasync);

/**
 * Resolves after write(2), or after fdatasync with `sync`. `lines` ends with a newline. From the main thread, as in the journal:
 * for a few kilobytes the five hand-overs to the thread pool cost ten times what the calls do.
 */
export async function appendLines(path: string, lines: string, sync: boolean): Promise<void> {
  const fd = openForAppend(path);
  try {
    // Whoever wrote last may have been killed, or the disk was full: what comes now starts a line of its own.
    const bytes = Buffer.from(endsWithinLine(fd) ? `\n${lines}` : lines);
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written);
    if (sync) await datasync(fd);
  } finally {
    closeSync(fd);
  }
}

function openForAppend(path: string): number {
  try {
    return openSync(path, 'a+', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'a+', 0o600);
  }
}

function endsWithinLine(fd: number): boolean {
  const { size } = fstatSync(fd);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  return readSync(fd, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
}

export interface Line {
  /** Without its newline; a view of what was read. */
  bytes: Buffer;
  /** No newline yet: it is being written, or never will be whole. */
  isTorn: boolean;
}

/** The first `bytes` of the file, or what is in it now. A file that is not there has no lines. */
export async function* readLinesOf(path: string, bytes?: number): AsyncGenerator<Line> {
  const end = Math.min(bytes ?? Number.POSITIVE_INFINITY, await sizeOf(path)) - 1;
  if (end >= 0) yield* readLines(createReadStream(path, { highWaterMark: READ_BYTES, end }));
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      const rest = chunk.subarray(from, end);
      yield { bytes: begun.length === 0 ? rest : Buffer.concat([...begun, rest]), isTorn: false };
      begun = [];
      from = end + 1;
    }
    if (from < chunk.length) begun.push(chunk.subarray(from));
    // What was read ahead would go on in the same turn.
    await breathe();
  }
  if (begun.length > 0) yield { bytes: Buffer.concat(begun), isTorn: true };
}
