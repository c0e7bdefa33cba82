// Part of the journal: how a record lies in a segment file.
//
//   u32 length of what follows the CRC · u32 CRC32 of it · u16 header length · header (JSON) · payload
//
// Numbers are big-endian. The position is not stored: it is the file's first position plus the place in the file.
import { crc32 } from 'node:zlib';
import type { Accepted, JournalRecord, Origin, Position, Signal } from '../model/signals.ts';

/** u32 length + u32 CRC. */
export const FRAME_OVERHEAD_BYTES = 8;

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics', 'segments'];

interface Header {
  /** Signal, as its place in SIGNALS. */
  s: number;
  /** Received at, ms since the epoch. */
  t: number;
  /** items, serverSpans, errors, exceptions, untimed */
  n: readonly number[];
  /** Services. */
  v?: readonly string[];
  o: Origin;
}

/** The bytes before the payload; the payload itself is written as it is. */
export function encodeFrameHead(accepted: Accepted): Buffer {
  const { summary, payload } = accepted;
  const header: Header = {
    s: SIGNALS.indexOf(accepted.signal),
    t: accepted.receivedAtMs,
    n: [summary.items, summary.serverSpans, summary.errors, summary.exceptions, summary.untimed],
    ...(summary.services.length > 0 ? { v: summary.services } : {}),
    o: accepted.origin,
  };
  const text = JSON.stringify(header);
  const headerBytes = Buffer.byteLength(text);
  const head = Buffer.allocUnsafe(FRAME_OVERHEAD_BYTES + 2 + headerBytes);
  head.writeUInt32BE(2 + headerBytes + payload.length, 0);
  head.writeUInt16BE(headerBytes, FRAME_OVERHEAD_BYTES);
  head.write(text, FRAME_OVERHEAD_BYTES + 2, 'utf8');
  head.writeUInt32BE(crc32(payload, crc32(head.subarray(FRAME_OVERHEAD_BYTES))), 4);
  return head;
}

export type Frame =
  | { status: 'whole'; bytes: number; record: JournalRecord }
  /** The length is plausible but the content is not what was written. */
  | { status: 'damaged'; bytes: number }
  /** The buffer ends before the frame does; `bytes` is what it would take, if that is known. */
  | { status: 'torn'; bytes: number };

/** Reads the frame at `offset`. The payload is a view of `buffer`. */
export function decodeFrame(buffer: Buffer, offset: number, position: Position): Frame {
  if (offset + FRAME_OVERHEAD_BYTES > buffer.length) return { status: 'torn', bytes: FRAME_OVERHEAD_BYTES };
  const length = buffer.readUInt32BE(offset);
  const bytes = FRAME_OVERHEAD_BYTES + length;
  if (offset + bytes > buffer.length) return { status: 'torn', bytes };
  const body = buffer.subarray(offset + FRAME_OVERHEAD_BYTES, offset + bytes);
  if (length < 2 || crc32(body) !== buffer.readUInt32BE(offset + 4)) return { status: 'damaged', bytes };
  const headerEnd = 2 + body.readUInt16BE(0);
  const header = parseHeader(body.toString('utf8', 2, headerEnd));
  if (!header) return { status: 'damaged', bytes };
  const [items = 0, serverSpans = 0, errors = 0, exceptions = 0, untimed = 0] = header.n;
  return {
    status: 'whole',
    bytes,
    record: {
      position,
      signal: SIGNALS[header.s] ?? 'traces',
      receivedAtMs: header.t,
      payload: body.subarray(headerEnd),
      summary: { items, serverSpans, errors, exceptions, untimed, services: header.v ?? [] },
      origin: header.o,
    },
  };
}

function parseHeader(text: string): Header | undefined {
  try {
    return JSON.parse(text) as Header;
  } catch {
    return undefined;
  }
}
