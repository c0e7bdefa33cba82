// Part of protocols/otlp: adds attributes to chosen spans by adding bytes at their end, not by decoding. All else stays as it is.
import { LEVELS } from './levels.ts';
import { byteLengthOfVarint, putVarint } from './varint.ts';
import { Fields, WireType } from './wire.ts';

/** Span.attributes, length-delimited. */
const ATTRIBUTES_TAG = (9 << 3) | WireType.LEN;

/** An attribute as a field of a span. An integer is 0 or more, and safe. */
export function spanAttribute(key: string, value: number | true): Uint8Array {
  const name = Buffer.from(key);
  const varint = value === true ? Uint8Array.of(1) : varintOf(value);
  // AnyValue: bool_value is field 2, int_value field 3, both varints.
  const any = Buffer.concat([Uint8Array.of(value === true ? 0x10 : 0x18), varint]);
  const pair = Buffer.concat([field(0x0a, name), field(0x12, any)]);
  return field(ATTRIBUTES_TAG, pair);
}

/** The request with `added` at the end of the spans of those indexes (as scan and select count). */
export function appendToSpans(body: Uint8Array, added: ReadonlyMap<number, Uint8Array>): Uint8Array {
  if (added.size === 0) return body;
  let index = 0;

  /** The message's new bytes in pieces; undefined where nothing in it changes. */
  function rewrite(from: number, to: number, level: number): Uint8Array[] | undefined {
    if (level === LEVELS.traces.length) {
      const more = added.get(index++);
      return more && [body.subarray(from, to), more];
    }
    const pieces: Uint8Array[] = [];
    let copied = from;
    const fields = new Fields(body, from, to);
    while (fields.next()) {
      if (fields.wireType !== WireType.LEN || !LEVELS.traces[level]?.includes(fields.number)) continue;
      const inner = rewrite(fields.from, fields.to, level + 1);
      if (!inner) continue;
      const length = inner.reduce((sum, piece) => sum + piece.length, 0);
      // The tag has one byte.
      pieces.push(body.subarray(copied, fields.start + 1), varintOf(length), ...inner);
      copied = fields.to;
    }
    return pieces.length === 0 ? undefined : [...pieces, body.subarray(copied, to)];
  }

  const pieces = rewrite(0, body.length, 0);
  return pieces ? Buffer.concat(pieces) : body;
}

function field(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(tag), varintOf(content.length), content]);
}

function varintOf(value: number): Uint8Array {
  const bytes = new Uint8Array(byteLengthOfVarint(value));
  putVarint(bytes, 0, value);
  return bytes;
}
