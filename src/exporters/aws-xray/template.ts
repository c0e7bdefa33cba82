// Part of exporters/aws-xray: a span's document with slots for its ids and times, as a JSON string literal.
import { literalOfText } from '../../model/json-literal.ts';
import type { SpanFrame } from '../../protocols/otlp/span-frame.ts';

/** How every document begins that from-spans makes, its times to the microsecond. */
const BEGINNING = new RegExp(
  [
    /^(?<head>\{"name":"(?:[^"\\]|\\.)*","id":")(?<id>[\da-f]{16})","trace_id":"1-[\da-f]{8}-[\da-f]{24}"/,
    /(?:(?<parent>,"parent_id":")[\da-f]{16}")?(?<kind>(?:,"(?:type|namespace)":"\w+")*,"start_time":)[\d.]+/,
    /(?<end>,"end_time":)[\d.]+(?=[,}])/,
  ]
    .map(({ source }) => source)
    .join(''),
);
const ID = '0'.repeat(16);
const TRACE_ID = `1-${'0'.repeat(8)}-${'0'.repeat(24)}`;
/**
 * Ten digits of seconds and six behind the point: in one width, a slot can be filled. JSON's shortest form would end at the last digit
 * that is no zero; the number is the same. From 2001, when seconds have ten digits, until microseconds are no safe integers, in 2255.
 */
const SECONDS = `${'0'.repeat(10)}.${'0'.repeat(6)}`;
const MIN_MICROS = 1e15;
const MAX_MICROS = Number.MAX_SAFE_INTEGER;
/** A call that nothing surrounds has a document of its own inside, with the same times. */
const INNER = '"subsegments":[';
const CLOSING_QUOTE = 1;
const HEX = Buffer.from('0123456789abcdef');
const ZERO = 0x30;

/** Where they begin in the literal; that of a parent, -1 where there is none. */
interface Slots {
  id: number;
  traceId: number;
  parentId: number;
  start: number;
  end: number;
}

export interface Template {
  literal: Uint8Array;
  slots: Slots;
}

/** Undefined where it does not begin as documents of spans do, or with another id than the span's. */
export function templateOf(document: string, spanId: string): Template | undefined {
  const found = BEGINNING.exec(document);
  const { head, id, parent, kind, end } = found?.groups ?? {};
  if (!found || head === undefined || id !== spanId || document.includes(INNER, found[0].length))
    return undefined;
  let text = '';
  const slot = (before: string, filled: string) => {
    text += before;
    const at = literalOfText(text).length - CLOSING_QUOTE;
    text += filled;
    return at;
  };
  const slots = {
    id: slot(head, ID),
    traceId: slot('","trace_id":"', TRACE_ID),
    parentId: parent === undefined ? -1 : slot(`"${parent}`, ID),
    start: slot(`"${kind}`, SECONDS),
    end: slot(`${end}`, SECONDS),
  };
  const literal = literalOfText(text + document.slice(found[0].length));
  return { literal: new Uint8Array(literal), slots };
}

/** Whether the span's times are as wide as their slots. An end before the start is for from-spans to mend. */
export function fits({ startMicros, endMicros }: SpanFrame): boolean {
  return startMicros >= MIN_MICROS && endMicros < MAX_MICROS && startMicros <= endMicros;
}

/** Into a copy of the literal, which begins at `from`. */
export function fill({ slots }: Template, frame: SpanFrame, target: Uint8Array, from: number): void {
  const { bytes, traceIdAt } = frame;
  writeHex(bytes, frame.spanIdAt, 8, target, from + slots.id);
  writeHex(bytes, traceIdAt, 4, target, from + slots.traceId + 2);
  writeHex(bytes, traceIdAt + 4, 12, target, from + slots.traceId + 11);
  if (slots.parentId >= 0) writeHex(bytes, frame.parentIdAt, 8, target, from + slots.parentId);
  writeSeconds(frame.startMicros, target, from + slots.start);
  writeSeconds(frame.endMicros, target, from + slots.end);
}

function writeHex(bytes: Uint8Array, from: number, length: number, target: Uint8Array, to: number): void {
  for (let i = 0; i < length; i++) {
    const byte = bytes[from + i]!;
    target[to + 2 * i] = HEX[byte >> 4]!;
    target[to + 2 * i + 1] = HEX[byte & 15]!;
  }
}

function writeSeconds(micros: number, target: Uint8Array, at: number): void {
  const seconds = Math.floor(micros / 1e6);
  writeDigits(Math.floor(seconds / 1e5), 5, target, at);
  writeDigits(seconds % 1e5, 5, target, at + 5);
  writeDigits(micros % 1e6, 6, target, at + 11);
}

function writeDigits(number: number, digits: number, target: Uint8Array, at: number): void {
  let rest = number | 0;
  for (let place = at + digits - 1; place >= at; place--) {
    target[place] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
}
