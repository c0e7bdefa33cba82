// Part of the journal: the frame that everything in a segment file lies in.
//
//   u32 marker · u32 length of the body · u32 place · u32 items · u32 CRC32 of the body · u32 CRC32 of the 20 bytes before
//
// Numbers are big-endian. The place is the record's number in its file: with the file's first position it makes the record's
// position, and after damage the next frame tells how many records the damage took. Length, place and items have a CRC of their
// own, so that a damaged body costs exactly itself and a damaged head is not believed.
import { crc32 } from 'node:zlib';

export const FRAME_HEAD_BYTES = 24;
const HEAD_CRC_AT = 20;

const MARKERS = { record: 0x53434a52, head: 0x53434a48, index: 0x53434a58 } as const;
/** How each of them begins, and what is searched for behind damage. */
export const MARKER_START = Buffer.from([0x53, 0x43, 0x4a]);

/** A record; what the file says about itself; where its records lie. */
export type FrameKind = keyof typeof MARKERS;

export interface FrameHead {
  kind: FrameKind;
  bodyBytes: number;
  place: number;
  items: number;
  bodyCrc: number;
}

/** Writes all of the head but what only `placeFrame` knows. */
export function writeFrameHead(
  target: Buffer,
  kind: FrameKind,
  head: Omit<FrameHead, 'kind' | 'place'>,
): void {
  target.writeUInt32BE(MARKERS[kind], 0);
  target.writeUInt32BE(head.bodyBytes, 4);
  target.writeUInt32BE(head.items, 12);
  target.writeUInt32BE(head.bodyCrc, 16);
}

/** Gives the frame its place, which completes it. Safe to do again for another place. */
export function placeFrame(head: Buffer, place: number): void {
  head.writeUInt32BE(place, 8);
  head.writeUInt32BE(crc32(head.subarray(0, HEAD_CRC_AT)), HEAD_CRC_AT);
}

/** A frame whose body is at hand. */
export function encodeFrame(kind: FrameKind, place: number, items: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEAD_BYTES + body.length);
  writeFrameHead(frame, kind, { bodyBytes: body.length, items, bodyCrc: crc32(body) });
  placeFrame(frame, place);
  frame.set(body, FRAME_HEAD_BYTES);
  return frame;
}

/** Undefined when what lies there is no frame's head, or a damaged one. */
export function readFrameHead(buffer: Buffer, offset: number): FrameHead | undefined {
  if (offset + FRAME_HEAD_BYTES > buffer.length) return undefined;
  const marker = buffer.readUInt32BE(offset);
  const kind = KINDS.get(marker);
  if (!kind) return undefined;
  const crc = crc32(buffer.subarray(offset, offset + HEAD_CRC_AT));
  if (crc !== buffer.readUInt32BE(offset + HEAD_CRC_AT)) return undefined;
  return {
    kind,
    bodyBytes: buffer.readUInt32BE(offset + 4),
    place: buffer.readUInt32BE(offset + 8),
    items: buffer.readUInt32BE(offset + 12),
    bodyCrc: buffer.readUInt32BE(offset + 16),
  };
}

const KINDS: ReadonlyMap<number, FrameKind> = new Map(
  (Object.keys(MARKERS) as FrameKind[]).map((kind) => [MARKERS[kind], kind]),
);
