// Part of protocols/otlp: attributes and their values.
import type { AttributeValue } from '../../model/otlp.ts';
import { MalformedError } from './malformed.ts';
import type { Source } from './source.ts';
import { endOfVarint, Fields, MAX_DEPTH, readInt32, readUint64, WireType } from './wire.ts';

/** Nearly all attributes are a key and one value of one of three types, both below 128 bytes: read without a look at each field. */
const KEY_TAG = 0x0a;
const VALUE_TAG = 0x12;
const STRING_TAG = 0x0a;
const BOOL_TAG = 0x10;
const INT_TAG = 0x18;

/** Reads the KeyValues that are field `number` of the message in [from, to) into `attributes`. */
export function readAttributes(
  source: Source,
  from: number,
  to: number,
  number: number,
  attributes: Map<string, AttributeValue>,
  depth = 0,
): void {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === number && fields.wireType === WireType.LEN) {
      readAttribute(source, fields.from, fields.to, attributes, depth);
    }
  }
}

export function readAttribute(
  source: Source,
  from: number,
  to: number,
  attributes: Map<string, AttributeValue>,
  depth = 0,
): void {
  const { bytes } = source;
  const keyEnd = from + 2 + bytes[from + 1]!;
  const isPlain = bytes[from] === KEY_TAG && bytes[from + 1]! < 128 && bytes[keyEnd] === VALUE_TAG;
  if (isPlain && bytes[keyEnd + 1]! < 128 && keyEnd + 2 + bytes[keyEnd + 1]! === to) {
    attributes.set(source.recurringText(from + 2, keyEnd), readValue(source, keyEnd + 2, to, depth));
  } else readAnyAttribute(source, from, to, attributes, depth);
}

function readAnyAttribute(
  source: Source,
  from: number,
  to: number,
  attributes: Map<string, AttributeValue>,
  depth: number,
): void {
  let key = '';
  let value: AttributeValue = null;
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 1) key = source.recurringText(fields.from, fields.to);
    else if (fields.number === 2) value = readValue(source, fields.from, fields.to, depth);
  }
  attributes.set(key, value);
}

/** An AnyValue. Of several members that are set, the last one counts; of none, the value is null. */
export function readValue(source: Source, from: number, to: number, depth = 0): AttributeValue {
  const { bytes } = source;
  switch (to - from >= 2 ? bytes[from] : undefined) {
    case STRING_TAG:
      if (bytes[from + 1]! < 128 && from + 2 + bytes[from + 1]! === to) return source.text(from + 2, to);
      break;
    case BOOL_TAG:
      if (to - from === 2 && bytes[from + 1]! < 128) return bytes[from + 1] !== 0;
      break;
    case INT_TAG:
      if (to - from <= 5 && endOfVarint(bytes, from + 1, to) === to) return readInt32(bytes, from + 1);
      break;
  }
  return readAnyValue(source, from, to, depth);
}

function readAnyValue(source: Source, from: number, to: number, depth: number): AttributeValue {
  if (depth > MAX_DEPTH) throw new MalformedError(`attribute values are nested deeper than ${MAX_DEPTH}`);
  let value: AttributeValue = null;
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    switch (fields.number) {
      case 1:
        value = source.text(fields.from, fields.to);
        break;
      case 2:
        value = fields.to - fields.from > 1 || source.bytes[fields.from] !== 0;
        break;
      case 3:
        value = readInteger(source, fields.from, fields.to);
        break;
      case 4:
        value = source.double(fields.from);
        break;
      case 5:
        value = readArray(source, fields.from, fields.to, depth + 1);
        break;
      case 6: {
        const map = new Map<string, AttributeValue>();
        readAttributes(source, fields.from, fields.to, 1, map, depth + 1);
        value = map;
        break;
      }
      case 7:
        value = new Uint8Array(source.bytes.subarray(fields.from, fields.to));
        break;
    }
  }
  return value;
}

function readArray(source: Source, from: number, to: number, depth: number): AttributeValue[] {
  const values: AttributeValue[] = [];
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 1) values.push(readValue(source, fields.from, fields.to, depth));
  }
  return values;
}

function readInteger(source: Source, from: number, to: number): number | bigint {
  // Up to 4 bytes of varint are 28 bits: no sign to think of.
  if (to - from <= 4) return readInt32(source.bytes, from);
  const value = BigInt.asIntN(64, readUint64(source.bytes, from));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
