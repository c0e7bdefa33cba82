// Part of the journal: what an earlier run left on disk: every record that is still as it was written, and which are not there.
import { Ranges } from '../../model/ranges.ts';
import type { Position } from '../../model/signals.ts';
import { LayoutError } from '../errors.ts';
import { readByIndexFrame } from '../index-frame.ts';
import { type Scanned, scanSegment } from '../scan.ts';
import type { Segment } from '../segment.ts';
import { isOfTheFile } from './files.ts';
import { SegmentFile } from './segment-file.ts';
import type { DiskStore, ListedSegment } from './store.ts';

export interface Earlier {
  segments: readonly Segment[];
  /** Positions that were given out and whose records are not there. Most were settled and removed: the cursors know. */
  missing: Ranges;
  /** Items of those of them that still have a head. */
  items: ReadonlyMap<Position, number>;
  /** One past the last position that is known to have been given out. */
  end: Position;
  /** The last segment, when it can be written to again. */
  open: Segment | undefined;
}

/** Rejects with LayoutError, or when the disk as a whole does not work; a file that cannot be opened costs that file. */
export async function readEarlier(store: DiskStore, assertWell: () => Promise<void>): Promise<Earlier> {
  const missing = new Ranges();
  const items = new Map<Position, number>();
  const found: Scanned[] = [];
  let end = 0;
  try {
    const files = await store.list();
    for (const [index, file] of files.entries()) {
      const scanned = await readSegment(file, assertWell);
      const before = Math.min(scanned?.segment.head.after ?? file.first, file.first);
      if (before > end) missing.add(end, before);
      end = file.first;
      if (!scanned) continue;
      found.push(scanned);
      // What a failed write left in a file begins the next one, where it is whole.
      const { segment, lost } = scanned;
      segment.cutAt(files[index + 1]?.first ?? segment.end);
      for (const position of lost.filter((other) => other < segment.end)) {
        missing.add(position);
        items.set(position, segment.items(position));
      }
      end = segment.end;
    }
    const last = found.at(-1);
    const isLastWhole =
      files.length === 0 || (last?.segment.first === files.at(-1)?.first && last?.end !== 'damaged');
    if (!isLastWhole) {
      // Of what is not readable at the very end nobody knows how much it was: at least one.
      missing.add(end);
      end += 1;
    }
    const open = last && isLastWhole && (await canGoOn(last)) ? last.segment : undefined;
    return { segments: found.map(({ segment }) => segment), missing, items, end, open };
  } catch (error) {
    for (const { segment } of found) await segment.data.close();
    throw error;
  }
}

/** Undefined when the file cannot be opened although the disk works. */
async function readSegment(
  { first, open }: ListedSegment,
  assertWell: () => Promise<void>,
): Promise<Scanned | undefined> {
  const data = await open().catch(async (error: Error) => {
    if (error instanceof LayoutError || !isOfTheFile(error)) throw error;
    await assertWell();
    return open().catch(() => undefined);
  });
  if (!data) return undefined;
  try {
    const segment = await readByIndexFrame(first, data);
    return segment ? { segment, lost: [], end: 'whole', isSealed: true } : await scanSegment(first, data);
  } catch (error) {
    await data.close();
    throw error;
  }
}

/** Cuts a torn end off. */
async function canGoOn({ segment, end, isSealed }: Scanned): Promise<boolean> {
  const { data } = segment;
  if (isSealed || !(data instanceof SegmentFile)) return false;
  if (end === 'whole') return true;
  return data.truncate(segment.bytes).then(
    () => true,
    () => false,
  );
}
