// Part of exporters/honeycomb/normalise: a request as Honeycomb reads it rightly: the same bytes, but for what it would misread.
import type { OtlpSignal } from '../../../model/signals.ts';
import { headOf } from '../../../protocols/otlp/varint.ts';
import { Fields, WireType } from '../../../protocols/otlp/wire.ts';
import { isSuspect, MAX_TEXT_BYTES } from './look.ts';
import { Kind, SHAPES, type Shape, VALUE } from './shape.ts';

/** An attribute that would overwrite a derived column `x` becomes `attr.x`. */
const PREFIX = 'attr.';
const KEY = 1;
const ANY_VALUE = 2;
const BOOL_VALUE_TAG = 0x10;

/** The bytes themselves where nothing is to be changed, as nearly always. */
export function normalise(signal: OtlpSignal, bytes: Uint8Array): Uint8Array {
  const shape = SHAPES[signal];
  if (!shape || !isSuspect(bytes, 0, bytes.length, shape)) return bytes;
  return rewritten(bytes, 0, bytes.length, shape) ?? bytes;
}

/** Undefined where nothing changes. */
function rewritten(b: Uint8Array, from: number, to: number, shape: Shape): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  let copiedTo = from;
  const fields = new Fields(b, from, to);
  while (fields.next()) {
    const inner = fields.wireType === WireType.LEN ? shape.fields[fields.number] : undefined;
    const replacement = inner && replacementOf(b, fields.from, fields.to, inner);
    if (!replacement) continue;
    parts.push(b.subarray(copiedTo, fields.start), ...field(fields.number, replacement));
    copiedTo = fields.end;
  }
  return parts.length === 0 ? undefined : Buffer.concat([...parts, b.subarray(copiedTo, to)]);
}

function replacementOf(b: Uint8Array, from: number, to: number, shape: Shape): Uint8Array | undefined {
  if (shape.kind === Kind.TEXT) return shortened(b.subarray(from, to));
  if (shape.kind === Kind.ATTRIBUTE) return attribute(b, from, to, shape.names);
  return rewritten(b, from, to, shape);
}

function attribute(
  b: Uint8Array,
  from: number,
  to: number,
  names: ReadonlySet<string>,
): Uint8Array | undefined {
  let key: Uint8Array = new Uint8Array();
  let value: Uint8Array = new Uint8Array();
  const fields = new Fields(b, from, to);
  while (fields.next()) {
    if (fields.number === KEY) key = b.subarray(fields.from, fields.to);
    else if (fields.number === ANY_VALUE) value = b.subarray(fields.from, fields.to);
  }
  const name = Buffer.from(key.buffer, key.byteOffset, key.length).toString();
  const isWrong = names.has(name) && !(name === 'error' && value[0] === BOOL_VALUE_TAG);
  const fitting = rewritten(value, 0, value.length, VALUE);
  if (!isWrong && !fitting) return undefined;
  return Buffer.concat([
    ...field(KEY, isWrong ? Buffer.from(PREFIX + name) : key),
    ...field(ANY_VALUE, fitting ?? value),
  ]);
}

/** Head and tail of a text: a stack trace tells most at its ends. */
function shortened(text: Uint8Array): Uint8Array | undefined {
  if (text.length <= MAX_TEXT_BYTES) return undefined;
  const half = (MAX_TEXT_BYTES - 64) >> 1;
  let headEnd = half;
  let tailStart = text.length - half;
  while (isWithinCharacter(text[headEnd]!)) headEnd--;
  while (isWithinCharacter(text[tailStart]!)) tailStart++;
  const mark = Buffer.from(` … ${tailStart - headEnd} bytes cut … `);
  return Buffer.concat([text.subarray(0, headEnd), mark, text.subarray(tailStart)]);
}

/** A continuation byte of UTF-8. */
const isWithinCharacter = (byte: number) => (byte & 0xc0) === 0x80;

function field(number: number, contents: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [headOf(number, contents.length), contents];
}
