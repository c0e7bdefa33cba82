// Part of protocols/otlp: the little of each span that sampling needs, without decoding it.
import { StatusCode } from '../../model/otlp.ts';
import { LEVELS } from './levels.ts';
import { Source } from './source.ts';
import { Fields, readInt32, WireType } from './wire.ts';

export interface SpanSketch {
  /** Lower-case hex digits. */
  traceId: string;
  durationMs: number;
  isError: boolean;
}

/** In wire order: counting gives the index that scan and select use. */
export function sketchSpans(body: Uint8Array): readonly SpanSketch[] {
  const source = new Source(body);
  const sketches: SpanSketch[] = [];
  const visit = (from: number, to: number, level: number): void => {
    if (level === LEVELS.traces.length) {
      sketches.push(sketch(source, from, to));
      return;
    }
    const fields = new Fields(source.bytes, from, to);
    while (fields.next())
      if (fields.wireType === WireType.LEN && LEVELS.traces[level]?.includes(fields.number))
        visit(fields.from, fields.to, level + 1);
  };
  visit(0, body.length, 0);
  return sketches;
}

function sketch(source: Source, from: number, to: number): SpanSketch {
  let [traceId, start, end, isError] = ['', 0n, 0n, false];
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) {
    if (fields.number === 1) traceId = source.hex(fields.from, fields.to);
    else if (fields.number === 7) start = source.uint64(fields.from);
    else if (fields.number === 8) end = source.uint64(fields.from);
    else if (fields.number === 11) isError ||= isException(source, fields.from, fields.to);
    else if (fields.number === 15) isError ||= isErrorStatus(source, fields.from, fields.to);
  }
  return { traceId, durationMs: Number(end - start) / 1e6, isError };
}

function isErrorStatus(source: Source, from: number, to: number): boolean {
  let code: number = StatusCode.UNSET;
  const fields = new Fields(source.bytes, from, to);
  while (fields.next()) if (fields.number === 3) code = readInt32(source.bytes, fields.from);
  return code === StatusCode.ERROR;
}

function isException(source: Source, from: number, to: number): boolean {
  const fields = new Fields(source.bytes, from, to);
  while (fields.next())
    if (fields.number === 2) return source.recurringText(fields.from, fields.to) === 'exception';
  return false;
}
