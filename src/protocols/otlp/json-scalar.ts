// Part of protocols/otlp: single JSON values as protobuf fields, by the rules of OTLP/JSON and a little more lenient.
import { MalformedError } from './malformed.ts';
import type { FieldSchema } from './schema.ts';
import type { Writer } from './writer.ts';

const INT64_MIN = -(2n ** 63n);
const UINT64_MAX = 2n ** 64n - 1n;

/** Writes one value of a field that is not a message, with its tag. `path` says where it is, for the error. */
export function writeScalar(w: Writer, field: FieldSchema, value: unknown, path: string): void {
  switch (field.kind) {
    case 'string':
      w.string(field.number, asString(value, path));
      break;
    case 'bytes':
      if (field.hex) writeId(w, field, value, path);
      else w.bytes(field.number, asBytes(value, path));
      break;
    case 'bool':
      w.varint(field.number, asBoolean(value, path) ? 1 : 0);
      break;
    case 'double':
      w.double(field.number, asDouble(value, path));
      break;
    case 'fixed64':
    case 'sfixed64':
      w.fixed64(field.number, asInteger(value, path));
      break;
    case 'fixed32':
      w.fixed32(field.number, Number(BigInt.asUintN(32, asInteger(value, path))));
      break;
    case 'sint32':
      w.varint64(field.number, zigzag(asInteger(value, path)));
      break;
    case 'enum':
      w.varint64(field.number, asEnum(field, value, path));
      break;
    default:
      writeInteger(w, field.number, value, path);
  }
}

/** Writes one value without its tag, for fields whose values are packed. */
export function writePacked(w: Writer, field: FieldSchema, value: unknown, path: string): void {
  if (field.kind === 'double') w.packedDouble(asDouble(value, path));
  else if (field.kind === 'fixed64') w.packedFixed64(asInteger(value, path));
  else w.packedVarint64(asInteger(value, path));
}

function writeInteger(w: Writer, number: number, value: unknown, path: string): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) w.varint(number, value);
  else w.varint64(number, asInteger(value, path));
}

/** An id of odd length cannot be bytes: one byte stands for it, which is wrong too and falls to the scan. */
function writeId(w: Writer, field: FieldSchema, value: unknown, path: string): void {
  const digits = asString(value, path);
  if (!/^[0-9a-fA-F]*$/.test(digits)) {
    throw wrong(path, 'hex digits (ids are not base64 in OTLP/JSON)');
  }
  w.hex(field.number, digits.length % 2 === 0 ? digits : '00');
}

function asString(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw wrong(path, 'a string');
}

function asBytes(value: unknown, path: string): Uint8Array {
  const text = asString(value, path);
  if (/^[A-Za-z0-9+/_-]*={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  throw wrong(path, 'base64');
}

function asBoolean(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  throw wrong(path, 'true or false');
}

/** JSON has no NaN: JavaScript clients send null for it. */
function asDouble(value: unknown, path: string): number {
  if (typeof value === 'number') return value;
  if (value === null || value === 'NaN') return Number.NaN;
  if (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value))) return Number(value);
  throw wrong(path, 'a number');
}

function asInteger(value: unknown, path: string): bigint {
  let integer: bigint | undefined;
  if (typeof value === 'number' && Number.isInteger(value)) integer = BigInt(value);
  else if (typeof value === 'string' && /^-?\d+$/.test(value)) integer = BigInt(value);
  else if (typeof value === 'string' && value !== '' && Number.isInteger(Number(value))) {
    integer = BigInt(Number(value));
  }
  if (integer === undefined) throw wrong(path, 'a whole number, as a number or as a string');
  if (integer < INT64_MIN || integer > UINT64_MAX) throw wrong(path, 'a number of 64 bits');
  return integer;
}

/** OTLP/JSON wants numbers; names are what other protobuf writers send. */
function asEnum(field: FieldSchema, value: unknown, path: string): bigint {
  if (typeof value !== 'string' || /^-?\d+$/.test(value)) return asInteger(value, path);
  const named = Object.hasOwn(field.values, value) ? field.values[value] : undefined;
  if (named === undefined) throw wrong(path, 'the number of an enum value');
  return BigInt(named);
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -value * 2n - 1n : value * 2n;
}

function wrong(path: string, expected: string): MalformedError {
  return new MalformedError(`${path}: expected ${expected}`);
}
