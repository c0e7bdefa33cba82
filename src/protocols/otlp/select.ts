// Part of protocols/otlp: cuts a request down to chosen items by copying slices of it. Nothing is decoded, so fields
// that this code has never heard of survive.
import type { OtlpSignal } from '../../model/signals.ts';
import { LEVELS } from './levels.ts';
import { byteLengthOfVarint, putVarint } from './varint.ts';
import { Fields, WireType } from './wire.ts';

/** A run of the original bytes, or a container whose contents have shrunk. */
type Piece = { from: number; to: number } | Container;

interface Container {
  tag: number;
  contentBytes: number;
  pieces: Piece[];
}

interface Cut {
  bytes: number;
  pieces: Piece[];
  items: number;
  dropped: number;
}

/**
 * The request with only those items whose index (as scan counts them) `keep` wants, in their order, under the same
 * resource and scope. Containers without an item fall away; when nothing is dropped, the body itself is returned.
 */
export function select(signal: OtlpSignal, body: Uint8Array, keep: (index: number) => boolean): Uint8Array {
  let index = 0;
  const levels = LEVELS[signal];

  function cut(from: number, to: number, level: number): Cut {
    const result: Cut = { bytes: 0, pieces: [], items: 0, dropped: 0 };
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      const inner = levels[level]!;
      if (fields.wireType !== WireType.LEN || !inner.includes(fields.number)) {
        copy(result, fields.start, fields.end);
      } else if (level === levels.length - 1) {
        if (keep(index++)) {
          copy(result, fields.start, fields.end);
          result.items++;
        } else result.dropped++;
      } else {
        const { start, end, number } = fields;
        const child = cut(fields.from, fields.to, level + 1);
        result.items += child.items;
        result.dropped += child.dropped;
        if (child.items === 0) continue;
        if (child.dropped === 0) copy(result, start, end);
        else wrap(result, (number << 3) | WireType.LEN, child);
      }
    }
    return result;
  }

  const whole = cut(0, body.length, 0);
  if (whole.dropped === 0) return body;
  const out = new Uint8Array(whole.bytes);
  write(out, 0, body, whole.pieces);
  return out;
}

function copy(cut: Cut, from: number, to: number): void {
  cut.bytes += to - from;
  const last = cut.pieces.at(-1);
  if (last && 'to' in last && last.to === from) last.to = to;
  else cut.pieces.push({ from, to });
}

function wrap(cut: Cut, tag: number, child: Cut): void {
  // Every container of OTLP has a field number below 16: one byte of tag.
  cut.bytes += 1 + byteLengthOfVarint(child.bytes) + child.bytes;
  cut.pieces.push({ tag, contentBytes: child.bytes, pieces: child.pieces });
}

function write(out: Uint8Array, at: number, body: Uint8Array, pieces: readonly Piece[]): number {
  let pos = at;
  for (const piece of pieces) {
    if ('to' in piece) {
      out.set(body.subarray(piece.from, piece.to), pos);
      pos += piece.to - piece.from;
    } else {
      out[pos] = piece.tag;
      pos = putVarint(out, pos + 1, piece.contentBytes);
      pos = write(out, pos, body, piece.pieces);
    }
  }
  return pos;
}
