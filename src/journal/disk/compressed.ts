// Part of the journal: reads a compressed segment as if it were plain. What a damaged block held reads as zeros: no record's CRC
// holds there, so those are found damaged and the others are not.
import { crc32 } from 'node:zlib';
import { LayoutError } from '../errors.ts';
import { MARKER_START, readFrameHead } from '../frame.ts';
import { seek } from '../seek.ts';
import type { SegmentBytes } from '../store.ts';
import { Turns } from '../turns.ts';
import { BLOCK_HEAD_BYTES, BLOCK_MARKER, type Block, readBlockHead, readTable } from './blocks.ts';
import { Codec, canInflate, type Method } from './codec.ts';
import type { SegmentFile } from './segment-file.ts';

/** A block and where its bytes lie. */
interface Stored extends Block {
  at: number;
}

/** A block inflated, in a buffer that it does not fill in any case. */
interface Slot {
  block: Stored | undefined;
  buffer: Buffer;
  raw: Buffer;
}

/** For as many as there are destinations: a run that ends inside a block goes on there. */
const KEPT_BLOCKS = 4;

/** Inflates blocks of all segments, one at a time, and keeps the last in buffers of their own. */
export class Inflater {
  readonly #turns = new Turns();
  readonly #codecs = new Map<Method, Codec>();
  /** The one used last comes last. */
  #kept: Slot[] = [];
  #stored = Buffer.alloc(0);

  /** Undefined when the block is damaged. To be copied before anything is awaited. */
  inflate(file: SegmentFile, block: Stored): Promise<Buffer | undefined> {
    return this.#turns.take(async () => {
      const known = this.#kept.find((one) => one.block === block);
      if (known) return this.#use(known).raw;
      if (this.#stored.length < block.storedBytes) this.#stored = Buffer.allocUnsafeSlow(block.storedBytes);
      const stored = await file.read(block.at, block.storedBytes, this.#stored);
      if (stored.length < block.storedBytes || crc32(stored) !== block.crc) return undefined;
      const slot = this.#use(this.#slot(block.rawBytes));
      slot.block = undefined;
      slot.raw = await this.#codec(block.method)
        .run(stored, slot.buffer)
        .catch(() => slot.buffer.subarray(0, 0));
      if (slot.raw.length !== block.rawBytes) return undefined;
      slot.block = block;
      return slot.raw;
    });
  }

  #codec(method: Method): Codec {
    const codec = this.#codecs.get(method) ?? Codec.inflate(method);
    this.#codecs.set(method, codec);
    return codec;
  }

  #slot(rawBytes: number): Slot {
    const oldest = this.#kept.length < KEPT_BLOCKS ? undefined : this.#kept[0];
    if (oldest && oldest.buffer.length >= rawBytes) return oldest;
    const buffer = Buffer.allocUnsafeSlow(rawBytes);
    return { block: undefined, buffer, raw: buffer };
  }

  #use(slot: Slot): Slot {
    this.#kept = [...this.#kept.filter((one) => one !== slot), slot].slice(-KEPT_BLOCKS);
    return slot;
  }
}

/** Throws LayoutError when this Node cannot inflate it. */
export async function openCompressed(file: SegmentFile, inflater: Inflater): Promise<SegmentBytes> {
  const blocks = await findBlocks(file);
  if (blocks.some((block) => !canInflate(block.method))) {
    throw new LayoutError(
      `nothing is lost: ${file.path} was compressed by zstd, which Node ${globalThis.process.version} cannot read. Run Node 22.15 or later, as the image does`,
    );
  }
  const last = blocks.at(-1);
  const length = last ? last.rawOffset + last.rawBytes : 0;

  return {
    isInMemory: false,
    isCompressed: true,
    length,
    storedBytes: file.length,
    async append() {
      throw new Error('a compressed segment takes nothing more');
    },
    async read(offset, bytes, into) {
      const to = Math.min(offset + bytes, length);
      const result = (into && into.length >= bytes ? into : Buffer.allocUnsafeSlow(bytes)).subarray(
        0,
        Math.max(0, to - offset),
      );
      let filled = offset;
      for (const block of blocks) {
        const end = block.rawOffset + block.rawBytes;
        if (end <= filled || block.rawOffset >= to) continue;
        result.fill(0, filled - offset, Math.max(filled, block.rawOffset) - offset);
        const from = Math.max(filled, block.rawOffset);
        const until = Math.min(end, to);
        const raw = await inflater.inflate(file, block);
        if (raw) raw.copy(result, from - offset, from - block.rawOffset, until - block.rawOffset);
        else result.fill(0, from - offset, until - offset);
        filled = until;
      }
      return result;
    },
    sync: () => file.sync(),
    isLinked: () => file.isLinked(),
    close: () => file.close(),
    remove: () => file.remove(),
  };
}

/** True when the file holds blocks: what comes first in it that is not damaged decides. */
export async function isCompressed(file: SegmentFile): Promise<boolean> {
  const start = await file.read(0, BLOCK_HEAD_BYTES);
  if (readFrameHead(start, 0)) return false;
  if (readBlockHead(start)) return true;
  let found = false;
  await seek(file, 0, MARKER_START, BLOCK_HEAD_BYTES, (window, at) => {
    found = readBlockHead(window, at) !== undefined;
    return found || readFrameHead(window, at) !== undefined;
  });
  return found;
}

async function findBlocks(file: SegmentFile): Promise<Stored[]> {
  const table = await readTable(file);
  if (!table) return walkBlocks(file);
  let at = 0;
  return table.map((block) => {
    const stored = { ...block, at: at + BLOCK_HEAD_BYTES };
    at = stored.at + block.storedBytes;
    return stored;
  });
}

/** From head to head; behind a damaged one on at the next that is not. */
async function walkBlocks(file: SegmentFile): Promise<Stored[]> {
  const blocks: Stored[] = [];
  let rawOffset = 0;
  const follows = (block: Block | undefined) => block !== undefined && block.rawOffset >= rawOffset;
  for (let at = 0; at < file.length; ) {
    const head = await file.read(at, BLOCK_HEAD_BYTES);
    const block = readBlockHead(head);
    if (block && follows(block)) {
      blocks.push({ ...block, at: at + BLOCK_HEAD_BYTES });
      rawOffset = block.rawOffset + block.rawBytes;
      at += BLOCK_HEAD_BYTES + block.storedBytes;
      continue;
    }
    const next = await seek(file, at + 1, BLOCK_MARKER, BLOCK_HEAD_BYTES, (window, offset) =>
      follows(readBlockHead(window, offset)),
    );
    if (next === undefined) break;
    at = next;
  }
  return blocks;
}
