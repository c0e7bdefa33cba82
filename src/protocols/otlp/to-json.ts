// Part of protocols/otlp: protobuf bytes as OTLP/JSON objects.
import { MalformedError } from './malformed.ts';
import type { FieldSchema, MessageSchema } from './schema.ts';
import { endOfVarint, Fields, MAX_DEPTH, readInt32, readUint64, WireType } from './wire.ts';

type JsonObject = Record<string, unknown>;

/** An AnyValue in an array in an AnyValue is three messages deep. */
const MAX_MESSAGES = MAX_DEPTH * 3 + 10;

export function messageToJson(
  schema: MessageSchema,
  body: Uint8Array,
  from: number,
  to: number,
  depth: number,
  json: JsonObject = {},
): JsonObject {
  if (depth > MAX_MESSAGES) throw new MalformedError('messages are nested too deeply');
  const fields = new Fields(body, from, to);
  while (fields.next()) {
    const field = schema.byNumber.get(fields.number);
    if (!field) continue;
    // The last member of a oneof wins.
    for (const name of field.alternatives) delete json[name];
    if (field.repeated) appendValues(json, field, fields, depth);
    else if (field.message) {
      // A message that comes twice is merged.
      const before = json[field.name] as JsonObject | undefined;
      json[field.name] = messageToJson(field.message, body, fields.from, fields.to, depth + 1, before);
    } else json[field.name] = scalarToJson(field, body, fields.from, fields.to);
  }
  return json;
}

function appendValues(json: JsonObject, field: FieldSchema, fields: Fields, depth: number): void {
  json[field.name] ??= [];
  const values = json[field.name] as unknown[];
  const { bytes, from, to } = fields;
  if (field.message) values.push(messageToJson(field.message, bytes, from, to, depth + 1));
  else if (field.kind === 'string' || fields.wireType !== WireType.LEN) {
    values.push(scalarToJson(field, bytes, from, to));
  } else {
    for (let at = from; at < to; ) {
      const next = field.kind === 'uint64' ? endOfVarint(bytes, at, to) : at + 8;
      if (next > to) throw new MalformedError('a packed field ends inside a number');
      values.push(scalarToJson(field, bytes, at, next));
      at = next;
    }
  }
}

function scalarToJson(field: FieldSchema, body: Uint8Array, from: number, to: number): unknown {
  switch (field.kind) {
    case 'string':
      return buffer(body, from, to).toString('utf8');
    case 'bytes':
      return buffer(body, from, to).toString(field.hex ? 'hex' : 'base64');
    case 'bool':
      return readUint64(body, from) !== 0n;
    case 'double':
      return doubleToJson(buffer(body, from, to).readDoubleLE(0));
    case 'fixed64':
      return buffer(body, from, to).readBigUInt64LE(0).toString();
    case 'sfixed64':
      return buffer(body, from, to).readBigInt64LE(0).toString();
    case 'int64':
      return BigInt.asIntN(64, readUint64(body, from)).toString();
    case 'uint64':
      return readUint64(body, from).toString();
    case 'fixed32':
      return buffer(body, from, to).readUInt32LE(0);
    case 'uint32':
      return readInt32(body, from) >>> 0;
    case 'sint32': {
      const zigzag = readInt32(body, from);
      return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    default:
      return readInt32(body, from);
  }
}

/** JSON has no words for these; protobuf's JSON has strings. */
function doubleToJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

function buffer(body: Uint8Array, from: number, to: number): Buffer {
  return Buffer.from(body.buffer, body.byteOffset + from, to - from);
}
