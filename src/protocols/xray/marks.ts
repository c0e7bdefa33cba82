// Part of protocols/xray: what can be told of documents without parsing them. marks.wat searches.
import { instancesOf, instantiate, type Memory } from '../../model/wasm.ts';
import { MARKS_WASM } from './marks-wasm.ts';

/** Which of these keys a document has, in whatever depth. */
export const HTTP = 1;
export const SUBSEGMENT = 2;
export const SUBSEGMENTS = 4;
export const EXCEPTIONS = 8;
/** And it is true. */
export const FAULT = 16;
export const ERROR = 32;
const MARKS = 63;
const TRACE_SHIFT = 6;

export interface Marked {
  /** In the payload, the document's bytes. */
  start: number;
  end: number;
  marks: number;
  /** Behind the first `"trace_id"`; -1 without one. */
  traceIdAt: number;
}

interface Exports {
  memory: Memory;
  marks(at: number, end: number): number;
}

const LENGTH_BYTES = 4;
/** What marks.wat reads beyond the end. */
const BEYOND_BYTES = 32;

/** The memory of larger payloads, which come from other programs by way of Kafka, is not kept. */
const MAX_KEPT_BYTES = 1024 * 1024;

const instance = instancesOf(open, MAX_KEPT_BYTES);

/** `payload`: length-prefixed documents. Throws where it ends within a length. */
export function readMarks(payload: Uint8Array): Marked[] {
  const { memory, marks } = instance(payload.length + BEYOND_BYTES);
  const bytes = Buffer.from(memory.buffer, 0, payload.length);
  bytes.set(payload);
  const found: Marked[] = [];
  for (let next = 0; next < payload.length; ) {
    const start = next + LENGTH_BYTES;
    next = start + bytes.readUInt32BE(next);
    const end = Math.min(next, payload.length);
    const told = marks(start, end);
    const trace = told >>> TRACE_SHIFT;
    found.push({ start, end, marks: told & MARKS, traceIdAt: trace === 0 ? -1 : start + trace });
  }
  return found;
}

function open(): Exports {
  return instantiate<Exports>(MARKS_WASM, ({ memory, marks }) => {
    const everyFunction = '"fault":true';
    Buffer.from(memory.buffer).write(everyFunction);
    marks(0, everyFunction.length);
  });
}
