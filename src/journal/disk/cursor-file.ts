// Part of the journal: settlements on disk, cursors/<destination>.log. Lines of `<crc32> <json>`; what is not whole is ignored, and
// costs no more than that it is delivered again.
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ItemSet } from '../../model/item-set.ts';
import type { DestinationId, Position } from '../../model/signals.ts';
import { Settlements } from '../settlements.ts';
import type { Files } from './files.ts';
import { replaceFile, writeAll } from './write.ts';

/** Beyond this the log is written anew as one line. */
const REWRITE_ABOVE_BYTES = 256 * 1024;

/** What one line says: everything below `low` is settled, and these runs and items above it. */
export interface CursorLine {
  low: Position;
  /** Of the journal, when the line was written: records below it were there. */
  end: Position;
  settled: readonly (readonly [Position, Position])[];
  items: Readonly<Record<string, string>>;
}

/** What a cursor file says. */
export interface CursorContents {
  /** Undefined when no line of it is whole. */
  settlements: Settlements | undefined;
  /** The furthest that any line knows of. */
  end: Position;
}

export class CursorFile {
  readonly #files: Files;
  readonly #path: string;
  /** Unknown before the first write, and after one that failed: then the file is written anew, whole. */
  #bytes = Number.POSITIVE_INFINITY;

  constructor(files: Files, dir: string, destination: DestinationId) {
    this.#files = files;
    this.#path = pathOf(dir, destination);
  }

  /** Undefined when there is no file. */
  async read(): Promise<CursorContents | undefined> {
    const text = await this.#files.readText(this.#path);
    return text === undefined ? undefined : replay(text);
  }

  async write(changes: CursorLine, everything: () => CursorLine): Promise<void> {
    const isRewritten = this.#bytes > REWRITE_ABOVE_BYTES;
    const line = render(isRewritten ? everything() : changes);
    const before = this.#bytes;
    this.#bytes = Number.POSITIVE_INFINITY;
    if (isRewritten) await this.#rewrite(line);
    else await this.#files.appendText(this.#path, line);
    this.#bytes = line.length + (isRewritten ? 0 : before);
  }

  async #rewrite(line: string): Promise<void> {
    // Somebody may have cleared the data directory.
    await this.#files.makeDirectory(dirname(this.#path));
    const file = await replaceFile(this.#files, this.#path, async (target) => {
      await writeAll(target, [Buffer.from(line)], 0);
    });
    await file.close();
  }
}

/** Removes the file of a destination that has been off for longer than anything is kept, unless it was written since `cutoffMs`. */
export async function isCursorKept(
  files: Files,
  dir: string,
  destination: DestinationId,
  cutoffMs: number,
): Promise<boolean> {
  const path = pathOf(dir, destination);
  const writtenAtMs = await files.modifiedAtMs(path);
  if (writtenAtMs === undefined) return false;
  if (writtenAtMs > cutoffMs) return true;
  await files.remove(path);
  return false;
}

const pathOf = (dir: string, destination: DestinationId) => join(dir, `${destination}.log`);

function render({ low, end, settled, items }: CursorLine): string {
  const json = JSON.stringify({
    low,
    end,
    ...(settled.length > 0 ? { settled } : {}),
    ...(Object.keys(items).length > 0 ? { items } : {}),
  });
  return `${checksum(json)} ${json}\n`;
}

function replay(text: string): CursorContents {
  let settlements: Settlements | undefined;
  let end = 0;
  for (const row of text.split('\n')) {
    const line = parseLine(row);
    if (!line) continue;
    end = Math.max(end, line.end ?? 0);
    settlements ??= new Settlements(line.low);
    settlements.settleBelow(line.low);
    for (const [from, to] of line.settled ?? []) settlements.settleRange(from, to);
    for (const [position, bitmap] of Object.entries(line.items ?? {})) {
      const set = ItemSet.fromText(bitmap);
      if (set) settlements.settleItems(Number(position), set);
    }
  }
  return { settlements, end };
}

function parseLine(row: string): (Partial<CursorLine> & { low: Position }) | undefined {
  const json = row.slice(9);
  if (row.length < 11 || checksum(json) !== row.slice(0, 8)) return undefined;
  return JSON.parse(json) as Partial<CursorLine> & { low: Position };
}

const checksum = (json: string) => crc32(json).toString(16).padStart(8, '0');
