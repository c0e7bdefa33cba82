// Part of protocols/otlp: whether an item, a resource or a scope has so many attributes, events, links and values in it that making
// objects of them would take seconds and gigabytes: 20 MiB may be one span with ten million empty events.
import { Fields, WireType } from './wire.ts';

/** SDKs stop at 128 attributes, events and links of a span, Honeycomb at 2,000 columns. */
export const MAX_FIELDS = 20_000;
/** Less cannot hold so many: a field has two bytes. */
const MIN_CROWD_BYTES = 2 * MAX_FIELDS;

/** By field number: messages with more fields in them. */
interface Shape {
  [field: number]: Shape;
}

const VALUE: Shape = {};
const ATTRIBUTE: Shape = { 2: VALUE };
VALUE[5] = { 1: VALUE };
VALUE[6] = { 1: ATTRIBUTE };
const SHAPES = {
  span: { 9: ATTRIBUTE, 11: { 3: ATTRIBUTE }, 13: { 4: ATTRIBUTE } },
  log: { 5: VALUE, 6: ATTRIBUTE },
  resource: { 1: ATTRIBUTE },
  scope: { 3: ATTRIBUTE },
} as const satisfies Record<string, Shape>;

/** Throws MalformedError where it cannot be walked; it is not looked at to its end where there are too many. */
export function isCrowded(kind: keyof typeof SHAPES, b: Uint8Array, from: number, to: number): boolean {
  return to - from > MIN_CROWD_BYTES && fieldsLeft(SHAPES[kind], b, from, to, MAX_FIELDS, 0) < 0;
}

/** Deeper than this nothing is valid: the scan says so. */
const MAX_LEVELS = 512;

function fieldsLeft(
  shape: Shape,
  b: Uint8Array,
  from: number,
  to: number,
  allowed: number,
  level: number,
): number {
  let left = allowed;
  const fields = new Fields(b, from, to);
  while (left >= 0 && fields.next()) {
    left--;
    const inner = fields.wireType === WireType.LEN ? shape[fields.number] : undefined;
    if (inner && level < MAX_LEVELS) left = fieldsLeft(inner, b, fields.from, fields.to, left, level + 1);
  }
  return left;
}
