// Part of protocols/otlp: what can be told of a span without decoding it.
import { SpanKind } from '../../model/otlp.ts';
import type { Source } from './source.ts';
import { Fields, readInt32 } from './wire.ts';

const EXCEPTION = Buffer.from('exception');

/** It served a request, or recorded an exception. */
export function isNotable(source: Source, from: number, to: number): boolean {
  let kind = 0;
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 6) kind = readInt32(source.bytes, fields.from);
    else if (fields.number === 11 && isException(source, fields.from, fields.to)) return true;
  }
  return kind === SpanKind.SERVER;
}

/** It recorded an exception. */
export function raises(source: Source, from: number, to: number): boolean {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) if (fields.number === 11 && isException(source, fields.from, fields.to)) return true;
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

/** Notes, of spans of these traces, by the span's id that of its parent, '' where it has none. */
export function noteParents(traceIds: ReadonlySet<string>, parents: Map<string, string>) {
  /** Spans of one trace mostly follow each other: its id is read once. */
  let last: { from: number; to: number; isWanted: boolean } | undefined;
  return (source: Source, from: number, to: number): void => {
    let trace = NOWHERE;
    let span = NOWHERE;
    let parent = NOWHERE;
    const fields = new Fields(source.bytes, from, to);
    while (fields.next()) {
      if (fields.number === 1) trace = { from: fields.from, to: fields.to };
      else if (fields.number === 2) span = { from: fields.from, to: fields.to };
      else if (fields.number === 4) parent = { from: fields.from, to: fields.to };
    }
    if (!last || !source.isSame(trace, last))
      last = { ...trace, isWanted: traceIds.has(source.hex(trace.from, trace.to)) };
    if (last.isWanted) parents.set(source.hex(span.from, span.to), source.hex(parent.from, parent.to));
  };
}

const NOWHERE = { from: 0, to: 0 };
