// Part of receivers/otlp: zstd, by Node where it can (22.15 and later), else in JavaScript.
import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { collect, type Sink, slices } from './inflate.ts';

/**
 * A decompressor keeps a window of the output, as large as the frame's header says: that is bounded too. RFC 8878 (3.1.1.1.2)
 * asks for at least 8 MiB; 32 MiB also takes a frame of our largest body that is its own window.
 */
const MAX_WINDOW_LOG = 25;

interface NativeZstd {
  createZstdDecompress?(options: object): zlib.Gunzip;
  constants: { ZSTD_d_windowLogMax?: number };
}
const native = zlib as unknown as NativeZstd;

export async function inflateZstd(body: Buffer, sink: Sink): Promise<void> {
  const frames = framesOf(body);
  const { createZstdDecompress, constants } = native;
  if (!createZstdDecompress || constants.ZSTD_d_windowLogMax === undefined)
    return inflateInJavaScript(body, sink);
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
  // Node's decompressor ends with its first frame, and says nothing about what follows.
  for (const frame of frames) await collect(createZstdDecompress({ params }), frame, sink);
}

/** Exported for tests: on newer Nodes nothing else comes here. */
export async function inflateInJavaScript(body: Buffer, sink: Sink): Promise<void> {
  const decompress = new Decompress((chunk) => sink.add(chunk));
  let left = body.length;
  for await (const slice of slices(body)) {
    left -= slice.length;
    decompress.push(slice, left === 0);
  }
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

/**
 * The frames that hold data, found by walking frame and block headers (RFC 8878, 3.1.1). Throws when a window is too
 * large or the body is cut off.
 */
export function framesOf(body: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0, end = 0; at < body.length; at = end) {
    const magic = body.readUInt32LE(at);
    const isSkippable = (magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC;
    if (isSkippable) end = at + 8 + body.readUInt32LE(at + 4);
    else if (magic === MAGIC) end = endOfFrame(body, at + 4);
    else throw new Error('not a zstd frame');
    if (end > body.length) throw new Error('the frame is cut off');
    if (!isSkippable) frames.push(body.subarray(at, end));
  }
  return frames;
}

function endOfFrame(body: Buffer, start: number): number {
  const descriptor = body.readUInt8(start);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  let at = start + 1;
  let windowBytes = 0;
  if (!isSingleSegment) {
    const windowByte = body.readUInt8(at++);
    const base = 2 ** (10 + (windowByte >> 3));
    windowBytes = base + (base / 8) * (windowByte & 7);
  }
  at += dictionaryBytes;
  if (isSingleSegment)
    windowBytes = sizeBytes === 8 ? Number(body.readBigUInt64LE(at)) : body.readUIntLE(at, sizeBytes);
  if (windowBytes > 2 ** MAX_WINDOW_LOG) throw new Error('the window is too large');
  at += sizeBytes;
  for (let isLast = false; !isLast; ) {
    const header = body.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    const isRle = ((header >> 1) & 3) === 1;
    at += 3 + (isRle ? 1 : header >> 3);
  }
  return at + ((descriptor & 4) !== 0 ? 4 : 0);
}
