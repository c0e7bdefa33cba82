// Part of protocols/otlp: a parsed JSON object as a protobuf message.
import { writePacked, writeScalar } from './json-scalar.ts';
import { MalformedError } from './malformed.ts';
import type { FieldSchema, MessageSchema } from './schema.ts';
import { MAX_DEPTH } from './wire.ts';
import type { Writer } from './writer.ts';

/** A value in an array in a value is three messages deep; the scan counts the values themselves. */
const MAX_MESSAGES = MAX_DEPTH * 3 + 10;

type JsonObject = Readonly<Record<string, unknown>>;

/** Writes the fields of the message. Keys that the schema does not know are ignored. */
export function writeMessage(
  w: Writer,
  schema: MessageSchema,
  value: unknown,
  path: string,
  depth = 0,
): void {
  if (depth > MAX_MESSAGES) throw new MalformedError(`${path}: nested too deeply`);
  if (!isObject(value)) throw new MalformedError(`${path || 'the body'}: expected an object`);
  for (const key of Object.keys(value)) {
    const field = schema.byName.get(key);
    if (!field || !isSet(field, value, value[key])) continue;
    const at = path === '' ? key : `${path}.${key}`;
    if (field.repeated) writeRepeated(w, field, value[key], at, depth);
    else writeOne(w, field, value[key], at, depth);
  }
}

function writeOne(w: Writer, field: FieldSchema, value: unknown, path: string, depth: number): void {
  if (field.message) {
    const mark = w.open(field.number);
    writeMessage(w, field.message, value, path, depth + 1);
    w.close(mark);
  } else writeScalar(w, field, value, path);
}

function writeRepeated(w: Writer, field: FieldSchema, value: unknown, path: string, depth: number): void {
  if (!Array.isArray(value)) throw new MalformedError(`${path}: expected an array`);
  if (value.length === 0) return;
  if (field.kind === 'message' || field.kind === 'string') {
    for (let i = 0; i < value.length; i++) writeElement(w, field, value[i], `${path}[${i}]`, depth);
    return;
  }
  const mark = w.open(field.number);
  for (let i = 0; i < value.length; i++) writePacked(w, field, value[i], `${path}[${i}]`);
  w.close(mark);
}

/** A null among values is an empty value; elsewhere an element must be there. */
function writeElement(w: Writer, field: FieldSchema, value: unknown, path: string, depth: number): void {
  writeOne(w, field, value === null && field.message?.name === 'AnyValue' ? {} : value, path, depth);
}

/**
 * null means "absent" nearly everywhere. For a double it means NaN (JavaScript has no other way to write it), unless
 * another member of the same oneof is there: then the writer was one that writes every member.
 */
function isSet(field: FieldSchema, message: JsonObject, value: unknown): boolean {
  if (value !== null) return value !== undefined;
  if (field.kind !== 'double' || field.repeated) return false;
  return field.alternatives.every((name) => message[name] === null || message[name] === undefined);
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
