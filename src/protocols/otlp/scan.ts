// Part of protocols/otlp: the one walk over a request's tags that validates it, counts, and finds what is in it.
import type { OtlpSignal, Summary } from '../../model/signals.ts';
import { isCrowded, MAX_FIELDS } from './crowd.ts';
import { MalformedError } from './malformed.ts';
import {
  checkKeyValue,
  eachMessage,
  fieldTypes,
  LEN,
  readLengthWithin,
  skipField,
  truncated,
  VARINT,
} from './scan-field.ts';
import { CROWDED, Found } from './scan-found.ts';
import { scanLog } from './scan-log.ts';
import { scanMetric } from './scan-metric.ts';
import { scanSpan } from './scan-span.ts';
import { endOfVarint, Fields, WireType } from './wire.ts';

export interface Scan {
  summary: Summary;
  /** Indexes of items to cut out, ascending; empty for nearly every request. */
  invalid: readonly number[];
  /** How many of these have too much in them; of the others an id is wrong. */
  crowded: number;
}

interface Counts {
  items: number;
  serverSpans: number;
  errors: number;
  exceptions: number;
  untimed: number;
  invalid: number[];
  crowded: number;
  services: string[];
}

const REQUEST = fieldTypes({ 1: LEN });
const RESOURCE_ITEMS = fieldTypes({ 1: LEN, 2: LEN, 3: LEN });
const SCOPE_ITEMS = fieldTypes({ 1: LEN, 2: LEN, 3: LEN });
const RESOURCE = fieldTypes({ 1: LEN, 2: VARINT, 3: LEN });
const ENTITY_REF = fieldTypes({ 1: LEN, 2: LEN, 3: LEN, 4: LEN });
const SCOPE = fieldTypes({ 1: LEN, 2: LEN, 3: LEN, 4: VARINT });
/** A tag of field 1, length-delimited; likewise field 2 and 3. */
const FIELD_1 = 0x0a;
const FIELD_2 = 0x12;
const FIELD_3 = 0x1a;

const ITEM_NAMES: Readonly<Record<OtlpSignal, string>> = {
  traces: 'spans',
  logs: 'log records',
  metrics: 'data points',
};

/** Throws MalformedError for a body that is not a request of this signal. */
export function scan(signal: OtlpSignal, body: Uint8Array): Scan {
  if (body[0] === 0x7b) {
    throw new MalformedError('the body looks like JSON: send it with Content-Type: application/json');
  }
  // A Buffer and a plain Uint8Array are two shapes to the compiler; the loops are to see one.
  const b = new Uint8Array(body.buffer, body.byteOffset, body.length);
  const counts: Counts = {
    items: 0,
    serverSpans: 0,
    errors: 0,
    exceptions: 0,
    untimed: 0,
    invalid: [],
    crowded: 0,
    services: [],
  };
  eachMessage(b, 0, b.length, REQUEST, (tag, from, to) => {
    if (tag === FIELD_1) scanResourceItems(signal, b, from, to, counts);
  });
  const { invalid, crowded, ...summary } = counts;
  return { summary, invalid, crowded };
}

/** For the client, when there are any. */
export function explainInvalid(signal: OtlpSignal, items: number, invalid: number, crowded: number): string {
  const names = ITEM_NAMES[signal];
  const wrong = invalid - crowded;
  const said: string[] = [];
  if (wrong > 0)
    said.push(
      `${wrong} of ${items} ${names} have an id of the wrong length: ` +
        'a trace id has 16 bytes, a span id 8 (32 and 16 hex digits in JSON)',
    );
  if (crowded > 0)
    said.push(`${crowded} of ${items} ${names} have more than ${MAX_FIELDS} attributes, events and values`);
  return said.join('; ');
}

function crowded(what: string): MalformedError {
  return new MalformedError(`${what} has more than ${MAX_FIELDS} attributes and values`);
}

function scanResourceItems(
  signal: OtlpSignal,
  b: Uint8Array,
  from: number,
  to: number,
  counts: Counts,
): void {
  eachMessage(b, from, to, RESOURCE_ITEMS, (tag, at, end) => {
    if (tag === FIELD_1) scanResource(b, at, end, counts.services);
    else if (tag === FIELD_2) scanScopeItems(signal, b, at, end, counts);
  });
}

function scanResource(b: Uint8Array, from: number, to: number, services: string[]): void {
  if (isCrowded('resource', b, from, to)) throw crowded('a resource');
  eachMessage(b, from, to, RESOURCE, (tag, at, end) => {
    if (tag === FIELD_3) eachMessage(b, at, end, ENTITY_REF, () => {});
    if (tag !== FIELD_1) return;
    checkKeyValue(b, at, end, 0);
    if (services.length >= MAX_SERVICES) return;
    const service = serviceName(b, at, end);
    if (service && service.length <= MAX_SERVICE_CHARS && !services.includes(service)) services.push(service);
  });
}

const SERVICE_NAME = 'service.name';
/** They are compared with each other, looked up and stored with the record: of a thousand names nobody asks for the last. */
const MAX_SERVICES = 100;
const MAX_SERVICE_CHARS = 255;

function serviceName(b: Uint8Array, from: number, to: number): string | undefined {
  let key = '';
  let name: string | undefined;
  const attribute = new Fields(b, from, to);
  while (attribute.next()) {
    if (attribute.wireType !== WireType.LEN) continue;
    if (attribute.number === 1) {
      if (attribute.to - attribute.from !== SERVICE_NAME.length) return undefined;
      key = text(b, attribute.from, attribute.to);
    } else if (attribute.number === 2) {
      const value = new Fields(b, attribute.from, attribute.to);
      while (value.next()) name = value.number === 1 ? text(b, value.from, value.to) : undefined;
    }
  }
  return key === SERVICE_NAME ? name : undefined;
}

function text(b: Uint8Array, from: number, to: number): string {
  return Buffer.from(b.buffer, b.byteOffset + from, to - from).toString();
}

function scanScopeItems(signal: OtlpSignal, b: Uint8Array, from: number, end: number, counts: Counts): void {
  let pos = from;
  while (pos < end) {
    const tag = b[pos]!;
    if (tag !== FIELD_1 && tag !== FIELD_2) {
      pos = skipField(b, pos, end, SCOPE_ITEMS);
      continue;
    }
    const length = readLengthWithin(b, pos + 1, end);
    pos = endOfVarint(b, pos + 1, end);
    const to = pos + length;
    if (!(to <= end)) throw truncated();
    if (tag === FIELD_1) scanScope(b, pos, to);
    else if (signal === 'traces')
      count(counts, isCrowded('span', b, pos, to) ? CROWDED : scanSpan(b, pos, to));
    else if (signal === 'logs') count(counts, isCrowded('log', b, pos, to) ? CROWDED : scanLog(b, pos, to));
    else scanMetric(b, pos, to, (wrong) => count(counts, wrong));
    pos = to;
  }
}

function scanScope(b: Uint8Array, from: number, to: number): void {
  if (isCrowded('scope', b, from, to)) throw crowded('a scope');
  eachMessage(b, from, to, SCOPE, (tag, at, end) => {
    if (tag === FIELD_3) checkKeyValue(b, at, end, 0);
  });
}

function count(counts: Counts, found: number): void {
  const index = counts.items++;
  if (found === 0) return;
  if (found & Found.INVALID) counts.invalid.push(index);
  if (found & Found.CROWDED) counts.crowded++;
  if (found & Found.SERVER) counts.serverSpans++;
  if (found & Found.ERROR) counts.errors++;
  if (found & Found.EXCEPTION) counts.exceptions++;
  if (found & Found.UNTIMED) counts.untimed++;
}
