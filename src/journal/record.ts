// Part of the journal: a record as the body of a frame: u16 header length · header (JSON) · payload.
import { crc32 } from 'node:zlib';
import type { Accepted, JournalRecord, Origin, Position, Signal } from '../model/signals.ts';
import { FRAME_HEAD_BYTES, readFrameHead, writeFrameHead } from './frame.ts';

const HEADER_LENGTH_BYTES = 2;
const MAX_HEADER_BYTES = 0xffff;
/** What a record takes beside header and payload. */
export const RECORD_OVERHEAD_BYTES = FRAME_HEAD_BYTES + HEADER_LENGTH_BYTES;

export const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics', 'segments'];

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

export function encodeHeaderText({
  signal,
  receivedAtMs,
  summary,
  origin,
}: Omit<Accepted, 'payload'>): string {
  const header: Header = {
    s: SIGNALS.indexOf(signal),
    t: receivedAtMs,
    n: [summary.items, summary.serverSpans, summary.errors, summary.exceptions, summary.untimed],
    ...(summary.services.length > 0 ? { v: summary.services } : {}),
    o: origin,
  };
  return textOf(header);
}

/** The names of services are a client's: where they exceed what a header may take, they are left out. */
function textOf(header: Header): string {
  const text = JSON.stringify(header);
  if (Buffer.byteLength(text) <= MAX_HEADER_BYTES) return text;
  const { v: _, ...rest } = header;
  return JSON.stringify(rest);
}

/** The bytes before the payload, without the record's place; the payload itself is written as it is. */
export function encodeRecordHead(accepted: Accepted): Buffer {
  const { summary, payload } = accepted;
  const text = encodeHeaderText(accepted);
  const headerBytes = Buffer.byteLength(text);
  const head = Buffer.allocUnsafe(RECORD_OVERHEAD_BYTES + headerBytes);
  head.writeUInt16BE(headerBytes, FRAME_HEAD_BYTES);
  head.write(text, RECORD_OVERHEAD_BYTES, 'utf8');
  writeFrameHead(head, 'record', {
    bodyBytes: HEADER_LENGTH_BYTES + headerBytes + payload.length,
    items: summary.items,
    bodyCrc: crc32(payload, crc32(head.subarray(FRAME_HEAD_BYTES))),
  });
  return head;
}

/** All of a record but its payload. */
export type RecordHeader = Omit<JournalRecord, 'payload' | 'position'>;

export interface DecodedHeader {
  header: RecordHeader;
  /** Where the payload begins in the body. */
  bytes: number;
}

/** Reads the header at the start of a frame's body; undefined when the bytes given do not hold it whole. */
export function decodeRecordHeader(body: Buffer): DecodedHeader | undefined {
  if (body.length < HEADER_LENGTH_BYTES) return undefined;
  const bytes = HEADER_LENGTH_BYTES + body.readUInt16BE(0);
  const header =
    bytes <= body.length ? decodeHeaderText(body.toString('utf8', HEADER_LENGTH_BYTES, bytes)) : undefined;
  return header && { bytes, header };
}

/** Undefined for what is no header. */
export function decodeHeaderText(text: string): RecordHeader | undefined {
  const parsed = parse(text);
  if (!parsed) return undefined;
  const [items = 0, serverSpans = 0, errors = 0, exceptions = 0, untimed = 0] = parsed.n;
  return {
    signal: SIGNALS[parsed.s] ?? 'traces',
    receivedAtMs: parsed.t,
    summary: { items, serverSpans, errors, exceptions, untimed, services: parsed.v ?? [] },
    origin: parsed.o,
  };
}

/** The record whose frame lies at `offset`; undefined when that is not what was written. The payload is a view of `buffer`. */
export function decodeRecord(
  buffer: Buffer,
  offset: number,
  place: number,
  position: Position,
): JournalRecord | undefined {
  const head = readFrameHead(buffer, offset);
  if (head?.kind !== 'record' || head.place !== place) return undefined;
  const from = offset + FRAME_HEAD_BYTES;
  const body = buffer.subarray(from, from + head.bodyBytes);
  if (body.length < head.bodyBytes || crc32(body) !== head.bodyCrc) return undefined;
  const decoded = decodeRecordHeader(body);
  return decoded && { position, ...decoded.header, payload: body.subarray(decoded.bytes) };
}

function parse(text: string): Header | undefined {
  try {
    return JSON.parse(text) as Header;
  } catch {
    return undefined;
  }
}
