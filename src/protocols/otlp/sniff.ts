// Part of protocols/otlp: which signal a request carries, when its path does not say.
import type { OtlpSignal } from '../../model/signals.ts';
import { MalformedError } from './malformed.ts';
import { scan } from './scan.ts';
import { Fields, WireType } from './wire.ts';

const SIGNALS: Readonly<Record<string, OtlpSignal>> = {
  resourceSpans: 'traces',
  resource_spans: 'traces',
  resourceLogs: 'logs',
  resource_logs: 'logs',
  resourceMetrics: 'metrics',
  resource_metrics: 'metrics',
};

/** The receiver scans what is larger in pieces. */
const MAX_SCANNED_BYTES = 512 * 1024;

/** The first key that names a signal; undefined when there is none before the first value of another kind ends. */
export function sniffJson(text: string): OtlpSignal | undefined {
  const key = /^\uFEFF?\s*\{\s*"(\w+)"\s*:/.exec(text)?.[1];
  return key === undefined ? undefined : SIGNALS[key];
}

/**
 * All three requests nest alike, so the first item that has a telling field decides, and then the whole body, unless it
 * is large, must scan as that signal. Telling are fields that one of Span, LogRecord and Metric has with a wire type that no other has
 * there: a span's kind and times, a log's times, severity, flags or attributes, a metric's data next to its name.
 */
export function sniffProtobuf(body: Uint8Array): OtlpSignal | undefined {
  try {
    const signal = eachItem(body, [1, 2, 2], 0, 0, body.length);
    if (signal && body.length <= MAX_SCANNED_BYTES) scan(signal, body);
    return signal;
  } catch (error) {
    if (error instanceof MalformedError) return undefined;
    throw error;
  }
}

function eachItem(
  body: Uint8Array,
  path: readonly number[],
  level: number,
  from: number,
  to: number,
): OtlpSignal | undefined {
  if (level === path.length) return signalOf(body, from, to);
  const fields = new Fields(body, from, to);
  while (fields.next()) {
    if (fields.number !== path[level] || fields.wireType !== WireType.LEN) continue;
    const signal = eachItem(body, path, level + 1, fields.from, fields.to);
    if (signal) return signal;
  }
  return undefined;
}

function signalOf(body: Uint8Array, from: number, to: number): OtlpSignal | undefined {
  let named = false;
  let data = false;
  const fields = new Fields(body, from, to);
  while (fields.next()) {
    const { number, wireType } = fields;
    if (wireType === WireType.FIXED64) {
      if (number === 7 || number === 8) return 'traces';
      if (number === 1 || number === 11) return 'logs';
    } else if (wireType === WireType.VARINT) {
      if (number === 6) return 'traces';
      if (number === 2) return 'logs';
    } else if (wireType === WireType.FIXED32) {
      if (number === 16) return 'traces';
      if (number === 8) return 'logs';
    } else if (wireType === WireType.LEN) {
      // Field 6 of a span is a number, and a metric has none.
      if (number === 6) return 'logs';
      if (number === 1) named = true;
      if (number === 5 || number === 7 || number === 9 || number === 10 || number === 11) data = true;
    }
  }
  return named && data ? 'metrics' : undefined;
}
