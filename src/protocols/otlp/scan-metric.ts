// Part of protocols/otlp: one metric within the scan. Its items are its data points.

import { type Crowdable, isCrowded } from './crowd.ts';
import { MalformedError } from './malformed.ts';
import {
  checkKeyValue,
  eachMessage,
  FIXED64,
  type FieldTypes,
  fieldTypes,
  LEN,
  VARINT,
} from './scan-field.ts';
import { CROWDED, Found } from './scan-found.ts';
import { endOfVarint } from './wire.ts';

const METRIC = fieldTypes({ 1: LEN, 2: LEN, 3: LEN, 5: LEN, 7: LEN, 9: LEN, 10: LEN, 11: LEN, 12: LEN });
/** Gauge, Sum, both histograms and Summary agree as far as they go. */
const DATA = fieldTypes({ 1: LEN, 2: VARINT, 3: VARINT });
const BUCKETS = fieldTypes({ 1: VARINT, 2: LEN | VARINT });
const QUANTILE = fieldTypes({ 1: FIXED64, 2: FIXED64 });
const EXEMPLAR = fieldTypes({ 2: FIXED64, 3: FIXED64, 4: LEN, 5: LEN, 6: FIXED64, 7: LEN });

/** A kind of data point: its field types, and the tags of those of its fields that are messages. */
interface Point {
  kind: Crowdable;
  types: FieldTypes;
  attributes: number;
  exemplars: number;
  buckets: readonly number[];
  /** Packed numbers of 8 bytes. */
  packed: readonly number[];
  quantiles: number;
}

const NUMBER_POINT: Point = {
  kind: 'number point',
  types: fieldTypes({ 2: FIXED64, 3: FIXED64, 4: FIXED64, 5: LEN, 6: FIXED64, 7: LEN, 8: VARINT }),
  attributes: 0x3a,
  exemplars: 0x2a,
  buckets: [],
  packed: [],
  quantiles: 0,
};
const HISTOGRAM_POINT: Point = {
  kind: 'histogram point',
  types: fieldTypes({
    2: FIXED64,
    3: FIXED64,
    4: FIXED64,
    5: FIXED64,
    6: LEN | FIXED64,
    7: LEN | FIXED64,
    8: LEN,
    9: LEN,
    10: VARINT,
    11: FIXED64,
    12: FIXED64,
  }),
  attributes: 0x4a,
  exemplars: 0x42,
  buckets: [],
  packed: [0x32, 0x3a],
  quantiles: 0,
};
const EXPONENTIAL_POINT: Point = {
  kind: 'exponential point',
  types: fieldTypes({
    1: LEN,
    2: FIXED64,
    3: FIXED64,
    4: FIXED64,
    5: FIXED64,
    6: VARINT,
    7: FIXED64,
    8: LEN,
    9: LEN,
    10: VARINT,
    11: LEN,
    12: FIXED64,
    13: FIXED64,
    14: FIXED64,
  }),
  attributes: 0x0a,
  exemplars: 0x5a,
  buckets: [0x42, 0x4a],
  packed: [],
  quantiles: 0,
};
const SUMMARY_POINT: Point = {
  kind: 'summary point',
  types: fieldTypes({ 2: FIXED64, 3: FIXED64, 4: FIXED64, 5: FIXED64, 6: LEN, 7: LEN, 8: VARINT }),
  attributes: 0x3a,
  exemplars: 0,
  buckets: [],
  packed: [],
  quantiles: 0x32,
};

/** By the tag of the metric's data field. */
const POINTS: ReadonlyMap<number, Point> = new Map([
  [0x2a, NUMBER_POINT],
  [0x3a, NUMBER_POINT],
  [0x4a, HISTOGRAM_POINT],
  [0x52, EXPONENTIAL_POINT],
  [0x5a, SUMMARY_POINT],
]);

/** Calls `found` with what is wrong with it for each data point of the metric in [from, end), in order. */
export function scanMetric(b: Uint8Array, from: number, end: number, found: (wrong: number) => void): void {
  eachMessage(b, from, end, METRIC, (tag, at, to) => {
    if (tag === 0x62) checkKeyValue(b, at, to, 0);
    const point = POINTS.get(tag);
    if (!point) return;
    eachMessage(b, at, to, DATA, (dataTag, pointAt, pointTo) => {
      if (dataTag !== 0x0a) return;
      if (isCrowded(point.kind, b, pointAt, pointTo)) found(CROWDED);
      else found(scanPoint(b, pointAt, pointTo, point) ? 0 : Found.INVALID);
    });
  });
}

function scanPoint(b: Uint8Array, from: number, end: number, point: Point): boolean {
  let valid = true;
  eachMessage(b, from, end, point.types, (tag, at, to) => {
    if (tag === point.attributes) checkKeyValue(b, at, to, 0);
    else if (tag === point.exemplars) valid = scanExemplar(b, at, to) && valid;
    else if (tag === point.quantiles) eachMessage(b, at, to, QUANTILE, () => {});
    else if (point.buckets.includes(tag))
      eachMessage(b, at, to, BUCKETS, (counts, from, end) => counts === 0x12 && checkVarints(b, from, end));
    else if (point.packed.includes(tag) && (to - at) % 8 !== 0)
      throw new MalformedError('a packed field ends inside a number');
  });
  return valid;
}

function checkVarints(b: Uint8Array, from: number, end: number): void {
  for (let pos = from; pos < end; ) pos = endOfVarint(b, pos, end);
}

function scanExemplar(b: Uint8Array, from: number, end: number): boolean {
  let valid = true;
  eachMessage(b, from, end, EXEMPLAR, (tag, at, to) => {
    if (tag === 0x3a) checkKeyValue(b, at, to, 0);
    else if (tag === 0x22) valid = valid && (to === at || to - at === 8);
    else if (tag === 0x2a) valid = valid && (to === at || to - at === 16);
  });
  return valid;
}
