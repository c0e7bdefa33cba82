// Part of protocols/otlp: walks every text and attribute value of a request where it stands in the bytes, without decoding.
import type { OtlpSignal } from '../../model/signals.ts';
import { MalformedError } from './malformed.ts';
import { Fields, MAX_DEPTH, WireType } from './wire.ts';

/** A `double` is 8 bytes, an `integer` a varint; `bytes` and `text` are what they say. */
export type ValueKind = 'text' | 'bytes' | 'integer' | 'double';

/** `C` is whatever the names above a value come to. */
export interface TextVisitor<C> {
  under(name: string, context: C): C;
  value(context: C, from: number, to: number, kind: ValueKind): void;
}

type Node = 'text' | 'attribute' | 'value' | Message;
/** By field number: those that lead to texts. */
interface Message {
  readonly [field: number]: Node;
}

const RESOURCE: Message = { 1: 'attribute' };
const SCOPE: Message = { 1: 'text', 2: 'text', 3: 'attribute' };
const SPAN: Message = {
  3: 'text',
  5: 'text',
  9: 'attribute',
  11: { 2: 'text', 3: 'attribute' },
  13: { 3: 'text', 4: 'attribute' },
  15: { 2: 'text' },
};
const LOG_RECORD: Message = { 3: 'text', 5: 'value', 6: 'attribute', 12: 'text' };
const EXEMPLAR: Message = { 7: 'attribute' };
const NUMBER_POINTS: Message = { 1: { 5: EXEMPLAR, 7: 'attribute' } };
const METRIC: Message = {
  1: 'text',
  2: 'text',
  3: 'text',
  5: NUMBER_POINTS,
  7: NUMBER_POINTS,
  9: { 1: { 8: EXEMPLAR, 9: 'attribute' } },
  10: { 1: { 1: 'attribute', 11: EXEMPLAR } },
  11: { 1: { 7: 'attribute' } },
  12: 'attribute',
};
const request = (item: Message): Message => ({
  1: { 1: RESOURCE, 2: { 1: SCOPE, 2: item, 3: 'text' }, 3: 'text' },
});
const REQUESTS: Readonly<Record<OtlpSignal, Message>> = {
  traces: request(SPAN),
  logs: request(LOG_RECORD),
  metrics: request(METRIC),
};
const KEY = 1;
const VALUE = 2;
const VALUE_KINDS: Readonly<Record<number, ValueKind>> = { 1: 'text', 3: 'integer', 4: 'double', 7: 'bytes' };
const KIND_WIRE_TYPES: Readonly<Record<ValueKind, number>> = {
  text: WireType.LEN,
  bytes: WireType.LEN,
  integer: WireType.VARINT,
  double: WireType.FIXED64,
};
const ARRAY = 5;
const MAP = 6;

/** Throws MalformedError where the scan would. */
export function eachText<C>(
  signal: OtlpSignal,
  body: Uint8Array,
  outermost: C,
  visitor: TextVisitor<C>,
): void {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.length);
  walk(REQUESTS[signal], 0, body.length);

  function walk(message: Message, from: number, to: number): void {
    const fields = new Fields(buffer, from, to);
    while (fields.next()) {
      const node = fields.wireType === WireType.LEN ? message[fields.number] : undefined;
      if (node === undefined) continue;
      if (node === 'text') visitor.value(outermost, fields.from, fields.to, 'text');
      else if (node === 'attribute') attribute(outermost, fields.from, fields.to, 0);
      else if (node === 'value') value(outermost, fields.from, fields.to, 0);
      else walk(node, fields.from, fields.to);
    }
  }

  /** The last key wins, wherever it stands. */
  function attribute(context: C, from: number, to: number, depth: number): void {
    let inner = visitor.under('', context);
    const keys = new Fields(buffer, from, to);
    while (keys.next()) {
      if (keys.number !== KEY || keys.wireType !== WireType.LEN) continue;
      inner = visitor.under(buffer.toString('utf8', keys.from, keys.to), context);
      visitor.value(outermost, keys.from, keys.to, 'text');
    }
    const values = new Fields(buffer, from, to);
    while (values.next())
      if (values.number === VALUE && values.wireType === WireType.LEN)
        value(inner, values.from, values.to, depth);
  }

  function value(context: C, from: number, to: number, depth: number): void {
    if (depth > MAX_DEPTH) throw new MalformedError(`attribute values are nested deeper than ${MAX_DEPTH}`);
    const fields = new Fields(buffer, from, to);
    while (fields.next()) {
      const kind = VALUE_KINDS[fields.number];
      if (kind !== undefined && KIND_WIRE_TYPES[kind] === fields.wireType)
        visitor.value(context, fields.from, fields.to, kind);
      else if (fields.wireType === WireType.LEN && (fields.number === ARRAY || fields.number === MAP))
        members(context, fields.from, fields.to, depth, fields.number === ARRAY ? value : attribute);
    }
  }

  function members(context: C, from: number, to: number, depth: number, visit: typeof value): void {
    const fields = new Fields(buffer, from, to);
    while (fields.next())
      if (fields.number === 1 && fields.wireType === WireType.LEN)
        visit(context, fields.from, fields.to, depth + 1);
  }
}
