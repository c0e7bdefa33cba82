// Part of the tests of protocols/otlp: random requests on the level of the wire: fields that nobody knows, of every wire type, among those
// that hold items, fields that come twice, messages without anything in them, and lengths that are written longer than they must be.
import fc from 'fast-check';
import type { OtlpSignal } from '../../../src/model/signals.ts';

/** Field numbers that lead down to items: said again here, for a second opinion. */
const CONTAINERS: Readonly<Record<OtlpSignal, readonly (readonly number[])[]>> = {
  traces: [[1], [2], [2]],
  logs: [[1], [2], [2]],
  metrics: [[1], [2], [2], [5, 7, 9, 10, 11], [1]],
};
const NOBODYS = 20;

function varint(value: number, padding = 0): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  for (let more = padding; more > 0; more--) {
    bytes[bytes.length - 1]! |= 128;
    bytes.push(0);
  }
  return bytes;
}

const tag = (number: number, wireType: number) => varint(number * 8 + wireType);
const delimited = (number: number, content: Buffer, padding: number) =>
  Buffer.concat([Buffer.from([...tag(number, 2), ...varint(content.length, padding)]), content]);

const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((some) => Buffer.from(some));
const padding = fc.constantFrom(0, 0, 0, 1, 3);

const unknown: fc.Arbitrary<Buffer> = fc.oneof(
  fc.nat(2 ** 31).map((value) => Buffer.from([...tag(NOBODYS, 0), ...varint(value)])),
  fc.nat(255).map((byte) => Buffer.from([...tag(NOBODYS, 1), ...Array<number>(8).fill(byte)])),
  fc.nat(255).map((byte) => Buffer.from([...tag(NOBODYS, 5), ...Array<number>(4).fill(byte)])),
  fc.tuple(bytes(200), padding).map(([content, padded]) => delimited(NOBODYS, content, padded)),
  bytes(20).map((inner) => Buffer.from([...tag(NOBODYS, 3), ...delimited(3, inner, 0), ...tag(NOBODYS, 4)])),
);

/** Fields of one message; `level` as in CONTAINERS, beyond the last for an item. */
function message(levels: readonly (readonly number[])[], level: number): fc.Arbitrary<Buffer> {
  const numbers = levels[level];
  if (!numbers) return fc.oneof(bytes(0), fc.array(unknown, { maxLength: 3 }).map(Buffer.concat));
  const container = fc
    .tuple(fc.constantFrom(...numbers), message(levels, level + 1), padding)
    .map(([number, content, padded]) => delimited(number, content, padded));
  // Resource and scope, also more than once; of the request and of a metric's data it is an unknown one.
  const beside =
    level === 1 || level === 2
      ? fc.oneof(
          unknown,
          bytes(40).map((content) => delimited(1, content, 0)),
        )
      : unknown;
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: container }, { weight: 1, arbitrary: beside }), { maxLength: 5 })
    .map(Buffer.concat);
}

export const wireRequests = (signal: OtlpSignal): fc.Arbitrary<Buffer> => message(CONTAINERS[signal], 0);

/** An item's bytes, and the fields that stand beside it and beside what is around it, from the outermost. */
export interface PlacedItem {
  beside: readonly string[];
  item: string;
}

export function placedItems(signal: OtlpSignal, body: Uint8Array): PlacedItem[] {
  const levels = CONTAINERS[signal];
  const found: PlacedItem[] = [];
  walk(Buffer.from(body), 0, []);
  return found;

  function walk(content: Buffer, level: number, around: readonly string[]): void {
    const numbers = levels[level];
    if (!numbers) {
      found.push({ beside: around, item: content.toString('hex') });
      return;
    }
    const fields = fieldsOf(content);
    const isContainer = (field: Field) => field.wireType === 2 && numbers.includes(field.number);
    const beside = fields.filter((field) => !isContainer(field)).map(({ whole }) => whole.toString('hex'));
    const name = (field: Field) => `${field.number}:${beside.join()}`;
    for (const field of fields.filter(isContainer)) walk(field.content, level + 1, [...around, name(field)]);
  }
}

interface Field {
  number: number;
  wireType: number;
  whole: Buffer;
  content: Buffer;
}

function fieldsOf(content: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const next = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = content[at++];
      if (byte === undefined) throw new RangeError('the message ends inside a number');
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < content.length) {
    const start = at;
    const key = next();
    const [number, wireType] = [Math.floor(key / 8), key % 8];
    let from = at;
    if (wireType === 0) next();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const length = next();
      from = at;
      at += length;
    } else {
      // Of our groups: one field within.
      next();
      const length = next();
      at += length;
      next();
    }
    fields.push({
      number,
      wireType,
      whole: content.subarray(start, at),
      content: content.subarray(from, at),
    });
  }
  return fields;
}
