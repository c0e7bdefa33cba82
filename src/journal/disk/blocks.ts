// Part of the journal: a sealed segment, compressed. Its bytes are cut into blocks, whatever lies in them, and each is compressed
// for itself: a read inflates what it needs, and a damaged block costs what was in it. A block has a head:
//
//   u32 marker · u32 method · u32 raw bytes · u32 raw offset · u32 stored bytes · u32 CRC32 of them · u32 CRC32 of the 24 before
//
// Behind the blocks their heads follow once more, so that a start need not look for them: u32 number of heads · u32 CRC32 of them ·
// u32 marker. Numbers are big-endian. Inflated, the blocks are the segment file as it was: nothing above knows of them.
import { crc32 } from 'node:zlib';
import type { Source } from '../seek.ts';
import type { SegmentBytes } from '../store.ts';
import { bestMethod, Codec, METHOD_NUMBERS, type Method } from './codec.ts';
import type { OpenFile } from './files.ts';
import { writeAll } from './write.ts';

/** With a block's raw and compressed bytes and the codec's own memory, compressing takes about 2 MiB. */
const BLOCK_BYTES = 512 * 1024;
/** What bytes that cannot be compressed may grow by: far more than zlib (0.03 %) and zstd (0.4 %) need. */
const GROWTH_BYTES = 64 * 1024;
export const BLOCK_HEAD_BYTES = 28;
const MARKER = 0x53434a5a;
/** What is searched for behind damage. */
export const BLOCK_MARKER = Buffer.from([0x53, 0x43, 0x4a, 0x5a]);
const TABLE_MARKER = 0x53434a54;
const TABLE_TAIL_BYTES = 12;
/** Holds the table of a segment of 70 MiB. */
const TABLE_READ_BYTES = 4096;

export interface Block {
  method: Method;
  rawBytes: number;
  rawOffset: number;
  storedBytes: number;
  crc: number;
}

/** Undefined when what lies there is no block's head, or a damaged one. */
export function readBlockHead(buffer: Buffer, offset = 0): Block | undefined {
  if (offset + BLOCK_HEAD_BYTES > buffer.length || buffer.readUInt32BE(offset) !== MARKER) return undefined;
  const crc = crc32(buffer.subarray(offset, offset + 24));
  if (crc !== buffer.readUInt32BE(offset + 24)) return undefined;
  const number = buffer.readUInt32BE(offset + 4);
  return {
    method: number === METHOD_NUMBERS.gzip ? 'gzip' : 'zstd',
    rawBytes: buffer.readUInt32BE(offset + 8),
    rawOffset: buffer.readUInt32BE(offset + 12),
    storedBytes: buffer.readUInt32BE(offset + 16),
    crc: buffer.readUInt32BE(offset + 20),
  };
}

/** Writes segments in blocks, one in memory at a time; its buffers serve one segment after the other. */
export class BlockWriter {
  readonly #method: Method;
  readonly #codec: Codec;
  readonly #raw: Buffer;
  readonly #stored: Buffer;

  constructor(method = bestMethod, blockBytes = BLOCK_BYTES) {
    this.#method = method;
    this.#codec = Codec.deflate(method);
    this.#raw = Buffer.allocUnsafeSlow(blockBytes);
    this.#stored = Buffer.allocUnsafeSlow(blockBytes + GROWTH_BYTES);
  }

  /**
   * Resolves with what the blocks take in `file`. At each of `cuts` one ends in any case: what a start reads by itself is not
   * inflated together with what it does not. Not to be called again before.
   */
  async write(source: SegmentBytes, file: OpenFile, cuts: readonly number[]): Promise<number> {
    const heads: Buffer[] = [];
    let at = 0;
    for (let rawOffset = 0; rawOffset < source.length; ) {
      const end = Math.min(cuts.find((cut) => cut > rawOffset) ?? source.length, source.length);
      const rawBytes = Math.min(this.#raw.length, end - rawOffset);
      const raw = await source.read(rawOffset, rawBytes, this.#raw);
      if (raw.length < rawBytes) throw new Error('the segment is shorter than it was');
      const stored = await this.#codec.run(raw, this.#stored);
      const [method, storedBytes, crc] = [this.#method, stored.length, crc32(stored)];
      const head = encodeBlockHead({ method, rawBytes, rawOffset, storedBytes, crc });
      heads.push(head);
      at = await writeAll(file, [head, stored], at);
      rawOffset += rawBytes;
    }
    return writeAll(file, [encodeTable(heads)], at);
  }
}

/** The heads of all blocks, from the end of the file; undefined when they are not there as they were written. */
export async function readTable(file: Source): Promise<Block[] | undefined> {
  const tail = await file.read(Math.max(0, file.length - TABLE_READ_BYTES), TABLE_READ_BYTES);
  const end = tail.length - TABLE_TAIL_BYTES;
  if (end < 0 || tail.readUInt32BE(end + 8) !== TABLE_MARKER) return undefined;
  const bytes = tail.readUInt32BE(end) * BLOCK_HEAD_BYTES;
  const heads = tail.subarray(Math.max(0, end - bytes), end);
  if (heads.length !== bytes || crc32(heads) !== tail.readUInt32BE(end + 4)) return undefined;
  const blocks: Block[] = [];
  for (let at = 0; at < bytes; at += BLOCK_HEAD_BYTES) {
    const block = readBlockHead(heads, at);
    if (!block) return undefined;
    blocks.push(block);
  }
  return blocks;
}

function encodeTable(heads: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(heads);
  const tail = Buffer.allocUnsafe(TABLE_TAIL_BYTES);
  tail.writeUInt32BE(heads.length, 0);
  tail.writeUInt32BE(crc32(bytes), 4);
  tail.writeUInt32BE(TABLE_MARKER, 8);
  return Buffer.concat([bytes, tail]);
}

function encodeBlockHead({ method, rawBytes, rawOffset, storedBytes, crc }: Block): Buffer {
  const head = Buffer.allocUnsafe(BLOCK_HEAD_BYTES);
  const numbers = [MARKER, METHOD_NUMBERS[method], rawBytes, rawOffset, storedBytes, crc];
  for (const [index, number] of numbers.entries()) head.writeUInt32BE(number, index * 4);
  head.writeUInt32BE(crc32(head.subarray(0, 24)), 24);
  return head;
}
