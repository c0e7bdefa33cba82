// Part of the journal: the last frame of a sealed segment: where its records lie. A start reads these instead of everything; a
// file without one, or with a damaged one, is read through.
//
//   f64 base time · rows of the index · u32 length of the whole frame, to find it from the file's end
import { endianness } from 'node:os';
import { crc32 } from 'node:zlib';
import type { Position } from '../model/signals.ts';
import { encodeFrame, FRAME_HEAD_BYTES, readFrameHead } from './frame.ts';
import { ROW_NUMBERS, Segment } from './segment.ts';
import { decodeSegmentHead, SEGMENT_HEAD_BYTES, type SegmentHead } from './segment-head.ts';
import type { SegmentBytes } from './store.ts';

const TIME_BYTES = 8;
const LENGTH_BYTES = 4;
const ROW_BYTES = ROW_NUMBERS * 4;

export function encodeIndexFrame(segment: Segment): Buffer {
  const rows = bigEndian(segment.rows());
  const body = Buffer.allocUnsafe(TIME_BYTES + rows.length + LENGTH_BYTES);
  body.writeDoubleBE(segment.baseTimeMs, 0);
  body.set(rows, TIME_BYTES);
  body.writeUInt32BE(FRAME_HEAD_BYTES + body.length, TIME_BYTES + rows.length);
  return encodeFrame('index', segment.count, 0, body);
}

/** The segment as its index frame describes it; undefined when it has none that can be believed. */
export async function readByIndexFrame(first: Position, data: SegmentBytes): Promise<Segment | undefined> {
  const tail = await data.read(data.length - LENGTH_BYTES, LENGTH_BYTES);
  const frameBytes = tail.length === LENGTH_BYTES ? tail.readUInt32BE(0) : 0;
  const at = data.length - frameBytes;
  if (frameBytes < FRAME_HEAD_BYTES + TIME_BYTES + LENGTH_BYTES || at < SEGMENT_HEAD_BYTES) return undefined;
  const frame = await data.read(at, frameBytes);
  const head = readFrameHead(frame, 0);
  const body = frame.subarray(FRAME_HEAD_BYTES);
  const rowBytes = body.length - TIME_BYTES - LENGTH_BYTES;
  if (head?.kind !== 'index' || head.bodyCrc !== crc32(body) || rowBytes !== head.place * ROW_BYTES)
    return undefined;
  const segment = new Segment(first, await readSegmentHead(first, data), data, SEGMENT_HEAD_BYTES);
  const rows = fromBigEndian(body.subarray(TIME_BYTES, TIME_BYTES + rowBytes));
  segment.adopt(rows, body.readDoubleBE(0), at);
  return segment;
}

/** What a file says about itself; the most harmless when that is damaged. */
async function readSegmentHead(first: Position, data: SegmentBytes): Promise<SegmentHead> {
  const frame = await data.read(0, SEGMENT_HEAD_BYTES);
  const body = frame.subarray(FRAME_HEAD_BYTES);
  return readFrameHead(frame, 0)?.bodyCrc === crc32(body)
    ? decodeSegmentHead(body)
    : { after: first, destinations: [] };
}

function bigEndian(rows: Uint32Array): Buffer {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength);
  return endianness() === 'LE' ? bytes.swap32() : bytes;
}

function fromBigEndian(bytes: Buffer): Uint32Array {
  const own = new Uint8Array(bytes);
  const swapped = Buffer.from(own.buffer);
  if (endianness() === 'LE') swapped.swap32();
  return new Uint32Array(own.buffer);
}
