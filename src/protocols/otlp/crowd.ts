// Part of protocols/otlp: whether an item, a resource or a scope has so many attributes, events, links and values in it that making
// objects of them would take seconds and gigabytes: 20 MiB may be one span with ten million empty events. Also where nothing but a
// dead letter makes them: the process would end of it, and after each start again.
import { Fields, WireType } from './wire.ts';

/** SDKs stop at 128 attributes, events and links of a span, Honeycomb at 2,000 columns. */
export const MAX_FIELDS = 20_000;
/** Less cannot hold so many: a field has two bytes. */
const MIN_CROWD_BYTES = 2 * MAX_FIELDS;

/** By field number: messages with more fields in them, or the bytes of a packed value. */
interface Shape {
  [field: number]: Shape | number;
}

const VALUE: Shape = {};
const ATTRIBUTE: Shape = { 2: VALUE };
VALUE[5] = { 1: VALUE };
VALUE[6] = { 1: ATTRIBUTE };
const STATUS: Shape = {};
const ENTITY_REF: Shape = {};
const EXEMPLAR: Shape = { 7: ATTRIBUTE };
/** A packed varint has a byte or more. */
const BUCKETS: Shape = { 2: 1 };
const QUANTILE: Shape = {};
const SHAPES = {
  span: { 9: ATTRIBUTE, 11: { 3: ATTRIBUTE }, 13: { 4: ATTRIBUTE }, 15: STATUS },
  log: { 5: VALUE, 6: ATTRIBUTE },
  'number point': { 5: EXEMPLAR, 7: ATTRIBUTE },
  'histogram point': { 6: 8, 7: 8, 8: EXEMPLAR, 9: ATTRIBUTE },
  'exponential point': { 1: ATTRIBUTE, 8: BUCKETS, 9: BUCKETS, 11: EXEMPLAR },
  'summary point': { 6: QUANTILE, 7: ATTRIBUTE },
  resource: { 1: ATTRIBUTE, 3: ENTITY_REF },
  scope: { 3: ATTRIBUTE },
} as const satisfies Record<string, Shape>;

export type Crowdable = keyof typeof SHAPES;

/** Throws MalformedError where it cannot be walked; it is not looked at to its end where there are too many. */
export function isCrowded(kind: Crowdable, b: Uint8Array, from: number, to: number): boolean {
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
    if (typeof inner === 'number') left -= (fields.to - fields.from) / inner;
    else if (inner && level < MAX_LEVELS)
      left = fieldsLeft(inner, b, fields.from, fields.to, left, level + 1);
  }
  return left;
}
