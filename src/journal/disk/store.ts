// Part of the journal: segments as files, journal/<20-digit first position>.seg, plain while they are written to.
import { join } from 'node:path';
import type { Position } from '../../model/signals.ts';
import { SEGMENT_HEAD_BYTES } from '../segment-head.ts';
import type { SegmentBytes, SegmentStore } from '../store.ts';
import { BlockWriter } from './blocks.ts';
import { Inflater, isCompressed, openCompressed } from './compressed.ts';
import { type FileContext, SegmentFile } from './segment-file.ts';
import { replaceFile, UNFINISHED, writeAll } from './write.ts';

export interface ListedSegment {
  first: Position;
  open(): Promise<SegmentFile | SegmentBytes>;
}

export interface DiskStore extends SegmentStore {
  /** The segments of an earlier run, in order; what a crash kept from being finished is removed. */
  list(): Promise<readonly ListedSegment[]>;
  /** A file with the same bytes behind another head, for a segment that has none or has lost it. */
  copy(first: Position, head: Buffer, source: SegmentBytes): Promise<SegmentBytes>;
  /** A compressed file in place of the plain one; undefined when that would gain little. The index begins at `indexAt`. */
  compress(first: Position, source: SegmentBytes, indexAt: number): Promise<SegmentBytes | undefined>;
}

const COPY_BYTES = 512 * 1024;
/** A file that stays larger than this share of what it was is not worth inflating for every read. */
const WORTHWHILE = 0.9;

export function createDiskStore({ files, assertWell }: Omit<FileContext, 'removed'>, dir: string): DiskStore {
  const inflater = new Inflater();
  let blocks: BlockWriter | undefined;
  /** What this process wrote or found. Somebody may have put another journal here meanwhile: it is not written over. */
  const known = new Set<string>();
  const context = { files, assertWell, removed: (path: string) => void known.delete(path) };
  const pathOf = (first: Position) => join(dir, `${String(first).padStart(20, '0')}.seg`);

  async function open(path: string): Promise<SegmentFile | SegmentBytes> {
    const file = new SegmentFile(context, path, await files.open(path, 'existing'));
    try {
      return (await isCompressed(file)) ? await openCompressed(file, inflater) : file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** A file that has no record is what a failure left of a head. */
  async function createEmpty(path: string) {
    try {
      return await files.open(path, 'create');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const found = await files.open(path, 'existing');
      await found.close();
      if (found.bytes > SEGMENT_HEAD_BYTES) throw error;
      return files.open(path, 'replace');
    }
  }

  return {
    async create(first) {
      const path = pathOf(first);
      const file = new SegmentFile(context, path, await createEmpty(path), 0);
      known.add(path);
      await files.syncDirectory(dir);
      return file;
    },
    async list() {
      const names = await files.list(dir);
      for (const name of names.filter((other) => other.endsWith(UNFINISHED)))
        await files.remove(join(dir, name));
      const found = names.filter((name) => /^\d{20}\.seg$/.test(name)).sort();
      for (const name of found) known.add(join(dir, name));
      return found.map((name) => ({ first: Number(name.slice(0, 20)), open: () => open(join(dir, name)) }));
    },
    async copy(first, head, source) {
      const path = pathOf(first);
      if (!known.has(path) && (await files.modifiedAtMs(path)) !== undefined)
        throw new Error('the directory holds another journal');
      known.add(path);
      const file = await replaceFile(files, path, async (target) => {
        const buffer = Buffer.allocUnsafeSlow(COPY_BYTES);
        let at = await writeAll(target, [head], 0);
        while (at < source.length)
          at = await writeAll(target, [await source.read(at, COPY_BYTES, buffer)], at);
      });
      await files.syncDirectory(dir);
      return new SegmentFile(context, path, file, source.length);
    },
    async compress(first, source, indexAt) {
      const path = pathOf(first);
      let compressed: SegmentBytes | undefined;
      try {
        await replaceFile(files, path, async (target) => {
          blocks ??= new BlockWriter();
          const storedBytes = await blocks.write(source, target, [SEGMENT_HEAD_BYTES, indexAt]);
          if (storedBytes > WORTHWHILE * source.length) throw new LittleGained();
          // Found whole before the plain file is gone.
          compressed = await openCompressed(new SegmentFile(context, path, target, storedBytes), inflater);
        });
        return compressed;
      } catch (error) {
        if (error instanceof LittleGained) return undefined;
        throw error;
      }
    },
  };
}

class LittleGained extends Error {}
