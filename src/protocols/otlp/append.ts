// Part of protocols/otlp: adds attributes to chosen spans by adding bytes at their end, not by decoding. All else stays as it is.
import { insertAtEnds } from './insert.ts';
import { headOf, varint } from './varint.ts';

/** Span.attributes. */
const ATTRIBUTES = 9;

/** An attribute as a field of a span. An integer is 0 or more, and safe. */
export function spanAttribute(key: string, value: number | true): Uint8Array {
  const name = Buffer.from(key);
  const number = value === true ? Uint8Array.of(1) : varint(value);
  // AnyValue: bool_value is field 2, int_value field 3, both varints.
  const any = Buffer.concat([Uint8Array.of(value === true ? 0x10 : 0x18), number]);
  const pair = Buffer.concat([field(1, name), field(2, any)]);
  return field(ATTRIBUTES, pair);
}

/** The request with `added` at the end of the spans of those indexes (as scan and select count). */
export function appendToSpans(body: Uint8Array, added: ReadonlyMap<number, Uint8Array>): Uint8Array {
  if (added.size === 0) return body;
  return insertAtEnds('traces', body, (_from, _to, index) => added.get(index));
}

function field(number: number, content: Uint8Array): Buffer {
  return Buffer.concat([headOf(number, content.length), content]);
}
