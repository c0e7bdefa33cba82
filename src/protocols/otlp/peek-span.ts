// Part of protocols/otlp: what can be told of a span without decoding it.
import { SpanKind } from '../../model/otlp.ts';
import type { Source } from './source.ts';
import { Fields, readInt32 } from './wire.ts';

const EXCEPTION = Buffer.from('exception');

/** It served a request, or recorded an exception. */
export function isNotable(source: Source, from: number, to: number): boolean {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 6 && readInt32(source.bytes, fields.from) === SpanKind.SERVER) return true;
    if (fields.number === 11 && isException(source, fields.from, fields.to)) return true;
  }
  return false;
}

function isException(source: Source, from: number, to: number): boolean {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 2 && source.bytes.compare(EXCEPTION, 0, undefined, fields.from, fields.to) === 0)
      return true;
  }
  return false;
}

/** By the span's id that of its parent, '' where it has none. */
export function noteParent(source: Source, from: number, to: number, parents: Map<string, string>): void {
  let spanId = '';
  let parentSpanId = '';
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 2) spanId = source.hex(fields.from, fields.to);
    else if (fields.number === 4) parentSpanId = source.hex(fields.from, fields.to);
  }
  parents.set(spanId, parentSpanId);
}
