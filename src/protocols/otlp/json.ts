// Part of protocols/otlp: OTLP/JSON to protobuf and back. Rules: hex ids, 64-bit integers as strings or numbers, enum
// numbers, lowerCamelCase keys, unknown keys ignored (opentelemetry-proto, "JSON Protobuf Encoding").
import type { OtlpSignal } from '../../model/signals.ts';
import { writeMessage } from './json-message.ts';
import { JsonText } from './json-text.ts';
import { MalformedError } from './malformed.ts';
import { type FieldSchema, type MessageSchema, requestSchema } from './schema.ts';
import { messageToJson } from './to-json.ts';
import { Writer } from './writer.ts';

/** Characters between two steps: about half a millisecond. */
const STEP_CHARACTERS = 32_768;

/** Throws MalformedError, which names the path of the field that is wrong. */
export function jsonToProtobuf(signal: OtlpSignal, text: string): Uint8Array {
  const steps = jsonToProtobufSteps(signal, text);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same in short steps, for a caller that wants to breathe between them. */
export function* jsonToProtobufSteps(signal: OtlpSignal, text: string): Generator<void, Uint8Array, void> {
  const conversion: Conversion = { json: new JsonText(text), w: new Writer(), stepAt: STEP_CHARACTERS };
  yield* writeContainer(conversion, requestSchema(signal), '');
  conversion.json.expectEnd();
  return conversion.w.finish();
}

/** OTLP/JSON of a request. Fields that the schema does not know are left out. */
export function protobufToJson(signal: OtlpSignal, body: Uint8Array): object {
  return messageToJson(requestSchema(signal), body, 0, body.length, 0);
}

interface Conversion {
  json: JsonText;
  w: Writer;
  stepAt: number;
}

/** These may be as large as the request: they are walked in the text, and only what they hold is parsed as a whole. */
const CONTAINER =
  /^(Export|Resource.+|Scope.+$|Metric$|Gauge$|Sum$|Histogram$|ExponentialHistogram$|Summary$)/;

function* writeContainer(c: Conversion, schema: MessageSchema, path: string): Generator<void, void, void> {
  if (c.json.peek() !== '{') throw new MalformedError(`${path || 'the body'}: expected an object`);
  c.json.expect('{', path);
  for (let first = true; !c.json.take('}'); first = false) {
    if (!first) c.json.expect(',', path);
    const key = c.json.key(path);
    c.json.expect(':', path);
    const at = path === '' ? key : `${path}.${key}`;
    const field = schema.byName.get(key);
    if (!field?.message || c.json.peek() === 'n') {
      writeMessage(c.w, schema, { [key]: c.json.value(at) }, path);
    } else if (field.repeated) yield* writeElements(c, field, field.message, at);
    else yield* writeMember(c, field, field.message, at);
    if (c.json.pos > c.stepAt) {
      c.stepAt = c.json.pos + STEP_CHARACTERS;
      yield;
    }
  }
}

function* writeElements(
  c: Conversion,
  field: FieldSchema,
  message: MessageSchema,
  path: string,
): Generator<void, void, void> {
  if (!c.json.take('[')) throw new MalformedError(`${path}: expected an array`);
  for (let index = 0; !c.json.take(']'); index++) {
    if (index > 0) c.json.expect(',', path);
    yield* writeMember(c, field, message, `${path}[${index}]`);
    if (c.json.pos > c.stepAt) {
      c.stepAt = c.json.pos + STEP_CHARACTERS;
      yield;
    }
  }
}

function* writeMember(
  c: Conversion,
  field: FieldSchema,
  message: MessageSchema,
  path: string,
): Generator<void, void, void> {
  const mark = c.w.open(field.number);
  if (CONTAINER.test(message.name)) yield* writeContainer(c, message, path);
  else writeMessage(c.w, message, c.json.value(path), path);
  c.w.close(mark);
}
