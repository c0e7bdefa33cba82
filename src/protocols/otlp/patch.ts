// Part of protocols/otlp: fills the time of log records that have none, by adding bytes, not by decoding.
import { LEVELS } from './levels.ts';
import { byteLengthOfVarint, putVarint } from './varint.ts';
import { Fields, WireType } from './wire.ts';

const TIME_UNIX_NANO = 1;
const OBSERVED_TIME_UNIX_NANO = 11;
/** Tag of field 1, fixed64, and its 8 bytes. */
const PATCH_BYTES = 9;
const TIME_TAG = (TIME_UNIX_NANO << 3) | WireType.FIXED64;

/** Bytes to insert before `at`: a container's new length stands for the old one, a record's time is new. */
interface Edit {
  at: number;
  skip: number;
  insert: Uint8Array;
}

/**
 * The request with a time for each record that has none (absent or 0): the observed time, else the arrival.
 * A field added at the end of a message wins over an earlier one, so a written 0 is overruled.
 */
export function fillLogTimes(body: Uint8Array, receivedAtMs: number): Uint8Array {
  const arrival = BigInt(Math.trunc(receivedAtMs)) * 1_000_000n;
  const edits: Edit[] = [];
  const added = collect(body, 0, body.length, 0, arrival, edits);
  if (added === 0) return body;
  const out = new Uint8Array(body.length + added);
  let read = 0;
  let pos = 0;
  for (const edit of edits) {
    out.set(body.subarray(read, edit.at), pos);
    pos += edit.at - read;
    out.set(edit.insert, pos);
    pos += edit.insert.length;
    read = edit.at + edit.skip;
  }
  out.set(body.subarray(read), pos);
  return out;
}

/** Adds the edits of one message, in order; gives the bytes that they add to it. */
function collect(
  body: Uint8Array,
  from: number,
  to: number,
  level: number,
  arrival: bigint,
  edits: Edit[],
): number {
  if (level === LEVELS.logs.length) return addTime(body, from, to, arrival, edits);
  let added = 0;
  const fields = new Fields(body, from, to);
  while (fields.next()) {
    if (fields.wireType !== WireType.LEN || !LEVELS.logs[level]!.includes(fields.number)) continue;
    const { from: innerFrom, to: innerTo } = fields;
    const first = edits.length;
    const grown = collect(body, innerFrom, innerTo, level + 1, arrival, edits);
    if (grown === 0) continue;
    // The tag has one byte; the length is what is between it and the contents.
    const lengthAt = fields.start + 1;
    const skip = innerFrom - lengthAt;
    const length = innerTo - innerFrom + grown;
    const insert = new Uint8Array(byteLengthOfVarint(length));
    putVarint(insert, 0, length);
    edits.splice(first, 0, { at: lengthAt, skip, insert });
    added += grown + insert.length - skip;
  }
  return added;
}

function addTime(body: Uint8Array, from: number, to: number, arrival: bigint, edits: Edit[]): number {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let time = 0n;
  let observed = 0n;
  const fields = new Fields(body, from, to);
  while (fields.next()) {
    if (fields.wireType !== WireType.FIXED64) continue;
    if (fields.number === TIME_UNIX_NANO) time = view.getBigUint64(fields.from, true);
    else if (fields.number === OBSERVED_TIME_UNIX_NANO) observed = view.getBigUint64(fields.from, true);
  }
  if (time !== 0n) return 0;
  const insert = new Uint8Array(PATCH_BYTES);
  insert[0] = TIME_TAG;
  new DataView(insert.buffer).setBigUint64(1, observed || arrival, true);
  edits.push({ at: to, skip: 0, insert });
  return PATCH_BYTES;
}
