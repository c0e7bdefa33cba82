// Part of protocols/otlp: adds attributes to chosen spans by adding bytes at their end, not by decoding. All else stays as it is.
import { insertAtEnds, varint } from './insert.ts';
import { WireType } from './wire.ts';

/** Span.attributes, length-delimited. */
const ATTRIBUTES_TAG = (9 << 3) | WireType.LEN;

/** An attribute as a field of a span. An integer is 0 or more, and safe. */
export function spanAttribute(key: string, value: number | true): Uint8Array {
  const name = Buffer.from(key);
  const number = value === true ? Uint8Array.of(1) : varint(value);
  // AnyValue: bool_value is field 2, int_value field 3, both varints.
  const any = Buffer.concat([Uint8Array.of(value === true ? 0x10 : 0x18), number]);
  const pair = Buffer.concat([field(0x0a, name), field(0x12, any)]);
  return field(ATTRIBUTES_TAG, pair);
}

/** The request with `added` at the end of the spans of those indexes (as scan and select count). */
export function appendToSpans(body: Uint8Array, added: ReadonlyMap<number, Uint8Array>): Uint8Array {
  if (added.size === 0) return body;
  return insertAtEnds('traces', body, (_from, _to, index) => added.get(index));
}

function field(tag: number, content: Uint8Array): Buffer {
  return Buffer.concat([Uint8Array.of(tag), varint(content.length), content]);
}
