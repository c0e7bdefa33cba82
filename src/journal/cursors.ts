// Part of the journal: settlements on disk, cursors/<destination>.log. Lines of `<crc32> <json>`; a torn last line is ignored.
import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { ItemSet } from '../model/item-set.ts';
import { Ranges } from '../model/ranges.ts';
import type { DestinationId, Position } from '../model/signals.ts';
import { Settlements } from './settlements.ts';

/** Beyond this the log is written anew as one line. */
const COMPACT_ABOVE_BYTES = 256 * 1024;

/** What one line says: everything below `low` is settled, and these runs and items above it. */
interface Line {
  low: Position;
  settled?: readonly (readonly [Position, Position])[];
  items?: Readonly<Record<string, string>>;
}

export interface CursorFile {
  readonly settlements: Settlements;
  /** False for a destination that is off now but had a cursor: its data waits for MAX_AGE. */
  readonly isOn: boolean;
  noteSettled(position: Position): void;
  noteItems(position: Position): void;
  /** Writes what was noted since the last call. Never runs twice at once. */
  flush(): Promise<void>;
}

/** A cursor that ends with the process. */
export function createMemoryCursor(startAt: Position): CursorFile {
  return {
    settlements: new Settlements(startAt),
    isOn: true,
    noteSettled: () => undefined,
    noteItems: () => undefined,
    flush: async () => undefined,
  };
}

/** When the log of a destination was last written; undefined when it has none. */
export async function cursorWrittenAtMs(
  dir: string,
  destination: DestinationId,
): Promise<number | undefined> {
  const found = await stat(join(dir, `${destination}.log`)).catch(() => undefined);
  return found?.mtimeMs;
}

/** Opens the log of one destination; `startAt` is where a destination without a log begins. */
export async function openCursorFile(
  dir: string,
  destination: DestinationId,
  startAt: Position,
  isOn: boolean,
): Promise<CursorFile> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const path = join(dir, `${destination}.log`);
  const text = await readFile(path, 'utf8').catch(() => '');
  const settlements = replay(text, startAt);
  let dirty = new Ranges();
  let dirtyItems = new Set<Position>();
  let writtenLow = -1;
  let bytes = Number.POSITIVE_INFINITY;

  async function compact(): Promise<void> {
    const content = render(wholeState(settlements));
    await writeFile(`${path}.new`, content, { mode: 0o600 });
    await rename(`${path}.new`, path);
    bytes = content.length;
  }

  return {
    settlements,
    isOn,
    noteSettled: (position) => dirty.add(position),
    noteItems: (position) => void dirtyItems.add(position),
    async flush() {
      if (settlements.low === writtenLow && dirty.runs === 0 && dirtyItems.size === 0) return;
      const line = changes(settlements, dirty, dirtyItems);
      const [runs, items] = [dirty, dirtyItems];
      dirty = new Ranges();
      dirtyItems = new Set();
      try {
        if (bytes > COMPACT_ABOVE_BYTES) await compact();
        else {
          const content = render(line);
          await appendFile(path, content, { mode: 0o600 });
          bytes += content.length;
        }
        writtenLow = line.low;
      } catch (error) {
        for (const [from, to] of runs.entries()) dirty.add(from, to);
        for (const position of items) dirtyItems.add(position);
        throw error;
      }
    },
  };
}

function changes(settlements: Settlements, dirty: Ranges, dirtyItems: ReadonlySet<Position>): Line {
  dirty.deleteBelow(settlements.low);
  const items: Record<string, string> = {};
  for (const position of dirtyItems) {
    const set = settlements.items(position);
    if (set) items[position] = set.toText();
  }
  return { low: settlements.low, settled: [...dirty.entries()], items };
}

function wholeState(settlements: Settlements): Line {
  const items: Record<string, string> = {};
  for (const [position, set] of settlements.partials()) items[position] = set.toText();
  return { low: settlements.low, settled: [...settlements.settledAbove()], items };
}

function render(line: Line): string {
  const short: Line = {
    low: line.low,
    ...(line.settled && line.settled.length > 0 ? { settled: line.settled } : {}),
    ...(line.items && Object.keys(line.items).length > 0 ? { items: line.items } : {}),
  };
  const json = JSON.stringify(short);
  return `${crc32(json).toString(16).padStart(8, '0')} ${json}\n`;
}

function replay(text: string, startAt: Position): Settlements {
  let settlements: Settlements | undefined;
  for (const row of text.split('\n')) {
    const line = parseLine(row);
    if (!line) continue;
    settlements ??= new Settlements(line.low);
    settlements.settleBelow(line.low);
    for (const [from, to] of line.settled ?? []) settlements.settleRange(from, to);
    for (const [position, bitmap] of Object.entries(line.items ?? {})) {
      const set = ItemSet.fromText(bitmap);
      if (set) settlements.settleItems(Number(position), set);
    }
  }
  return settlements ?? new Settlements(startAt);
}

function parseLine(row: string): Line | undefined {
  const json = row.slice(9);
  if (row.length < 11 || crc32(json).toString(16).padStart(8, '0') !== row.slice(0, 8)) return undefined;
  return JSON.parse(json) as Line;
}
