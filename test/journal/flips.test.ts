// Part of the tests: every bit of a segment file flipped in turn, plain and compressed. What is found is what was written, where it was.
import { beforeEach, describe, expect, it } from 'vitest';
import { BlockWriter } from '../../src/journal/disk/blocks.ts';
import { canInflate } from '../../src/journal/disk/codec.ts';
import { Inflater, isCompressed, openCompressed } from '../../src/journal/disk/compressed.ts';
import { nodeFiles, type OpenFile } from '../../src/journal/disk/files.ts';
import { SegmentFile } from '../../src/journal/disk/segment-file.ts';
import { placeFrame } from '../../src/journal/frame.ts';
import { readByIndexFrame } from '../../src/journal/index-frame.ts';
import { memoryStore } from '../../src/journal/memory.ts';
import { encodeRecordHead } from '../../src/journal/record.ts';
import { scanSegment } from '../../src/journal/scan.ts';
import type { Segment } from '../../src/journal/segment.ts';
import { SegmentList } from '../../src/journal/segments.ts';
import type { SegmentBytes } from '../../src/journal/store.ts';
import { accepted } from '../support/records.ts';

const FIRST = 1000;
const RECORDS = 5;
const textOf = (position: number) => `the record at ${position}`;

/** A file in memory. */
function fileOf(content: Buffer): OpenFile & { content: Buffer } {
  const file = {
    content,
    bytes: content.length,
    write(buffers: readonly Uint8Array[], offset: number) {
      const bytes = Buffer.concat(buffers);
      file.content = Buffer.concat([
        file.content.subarray(0, offset),
        bytes,
        file.content.subarray(offset + bytes.length),
      ]);
      return bytes.length;
    },
    read: async (into: Uint8Array, offset: number) => file.content.copy(into, 0, offset),
    sync: async () => undefined,
    truncate: async () => undefined,
    isLinked: () => true,
    close: async () => undefined,
  };
  return file;
}

const segmentFileOf = (content: Buffer) =>
  new SegmentFile(
    { files: nodeFiles, assertWell: async () => undefined, removed: () => undefined },
    'in memory',
    fileOf(content),
  );

async function recover(data: SegmentBytes): Promise<Segment> {
  return (await readByIndexFrame(FIRST, data)) ?? (await scanSegment(FIRST, data)).segment;
}

/** Positions that are not there. What is there has to be right. */
async function missingIn(segment: Segment): Promise<number[]> {
  const missing: number[] = [];
  for (let position = FIRST; position < FIRST + RECORDS; position += 1) {
    const [record] = position < segment.end ? await segment.readRecords(position, 1) : [];
    if (!record) missing.push(position);
    else {
      const wanted = { ...accepted(textOf(position), 2), position };
      expect({ ...record, payload: Buffer.from(record.payload) }).toEqual(wanted);
    }
  }
  return missing;
}

function* flipped(content: Buffer): Generator<{ at: number; copy: Buffer }> {
  for (let bit = 0; bit < content.length * 8; bit += 1) {
    const copy = Buffer.from(content);
    const at = bit >> 3;
    copy[at] = (copy[at] ?? 0) ^ (1 << (bit & 7));
    yield { at, copy };
  }
}

let segment: Segment;
let open: Buffer;
let sealed: Buffer;

beforeEach(async () => {
  const list = new SegmentList(2 ** 30, () => ['honeycomb']);
  await list.begin(memoryStore, FIRST);
  segment = list.active;
  for (let position = FIRST; position < FIRST + RECORDS; position += 1) {
    const record = accepted(textOf(position), 2);
    const head = encodeRecordHead(record);
    placeFrame(head, segment.count);
    await segment.data.append([head, record.payload]);
    segment.add(head.length + record.payload.length, record);
  }
  open = await segment.data.read(0, segment.data.length);
  await list.roll(memoryStore);
  sealed = await segment.data.read(0, segment.data.length);
});

/** The positions whose frames lie in the bytes. */
function within(from: number, to: number): number[] {
  const positions = Array.from({ length: RECORDS }, (_, index) => FIRST + index);
  return positions.filter((position) => segment.offset(position) < to && segment.offset(position + 1) > from);
}

describe('a flipped bit', () => {
  it.each(['open', 'sealed'])(
    'anywhere in a file that is %s costs the record that it is in, and no other',
    async (state) => {
      const content = state === 'open' ? open : sealed;
      for (const { at, copy } of flipped(content)) {
        const missing = await missingIn(await recover(segmentFileOf(copy)));
        expect([at, missing]).toEqual([at, at < segment.bytes ? within(at, at + 1) : []]);
      }
    },
  );

  it.each((['gzip', 'zstd'] as const).filter(canInflate))(
    'anywhere in a file that %s compressed costs no more than the records of its block',
    async (method) => {
      const target = fileOf(Buffer.alloc(0));
      const BLOCK_BYTES = 300;
      await new BlockWriter(method, BLOCK_BYTES).write(segmentFileOf(sealed), target, []);
      let worst = 0;
      for (const { at, copy } of flipped(target.content)) {
        const file = segmentFileOf(copy);
        expect([at, await isCompressed(file)]).toEqual([at, true]);
        const missing = await missingIn(await recover(await openCompressed(file, new Inflater())));
        // They lie side by side, in one block.
        const [from = 0, to = 0] = [missing[0], missing.at(-1)].map((position) =>
          segment.offset(position ?? FIRST),
        );
        expect(to - from).toBeLessThanOrEqual(BLOCK_BYTES);
        worst = Math.max(worst, missing.length);
      }
      expect(worst).toBeGreaterThan(0);
      expect(worst).toBeLessThan(RECORDS);
    },
  );
});
