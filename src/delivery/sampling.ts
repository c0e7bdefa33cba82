// Part of delivery: of a destination's traces a ratio, chosen by trace id; errors and slow ones are always kept.
import type { DestinationId, JournalRecord } from '../model/signals.ts';
import { spanAttribute } from '../protocols/otlp/append.ts';
import { type SpanSketch, sketchSpans } from '../protocols/otlp/sketch.ts';
import { readDocuments } from '../protocols/xray/datagram.ts';
import { fromXRayTraceId } from '../protocols/xray/ids.ts';
import { asNumber, asText } from '../protocols/xray/json.ts';
import { parseSegment } from '../protocols/xray/segment.ts';
import { append, type Chooser, EVERYTHING } from './choice.ts';
import type { Skip } from './exporter.ts';

export interface SamplingOptions {
  /** Above 0, below 1. */
  ratio: number;
  /** What lasts as long or longer is kept. */
  slowMs: number;
  /** Counts what would go, and lets it through. */
  isDryRun: boolean;
  /** Of each record, as it is encoded. */
  onDryRun(items: number): void;
}

/** The last 32 bits are random in every SDK's ids, and in X-Ray's. */
const RANDOM_DIGITS = 8;

/** The same for a trace wherever it is decided, and at every ratio above one at which it is kept. */
export function isChosen(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-RANDOM_DIGITS), 16) < ratio * 2 ** 32;
}

/** Whole traces as far as they came together: one error or slow span keeps what a record has of its trace. */
export function samplingOf(destination: DestinationId, options: SamplingOptions): Chooser {
  const { slowMs, isDryRun, onDryRun } = options;
  // Honeycomb takes whole numbers (1 in n), and what it is told has to be what was done.
  const oneIn = Math.round(1 / options.ratio);
  const ratio = destination === 'honeycomb' ? 1 / oneIn : options.ratio;
  const rate = spanAttribute('sampleRate', oneIn);

  return (record) => {
    const items = record.origin.replayOf === undefined ? sketchesOf(destination, record) : undefined;
    if (!items) return EVERYTHING;
    const kept = new Set<string>();
    for (const item of items)
      if (item && (item.isError || !(item.durationMs < slowMs))) kept.add(item.traceId);
    const without: Skip[] = [];
    const added = new Map<number, Uint8Array>();
    items.forEach((item, index) => {
      if (!item || kept.has(item.traceId)) return;
      if (!isChosen(item.traceId, ratio))
        append(without, { from: index, to: index + 1, outcome: 'sampled', code: 'sampled' });
      else if (destination === 'honeycomb') added.set(index, rate);
    });
    if (!isDryRun) return { without, added };
    const count = without.reduce((sum, { from, to }) => sum + to - from, 0);
    return { without: [], onUse: () => onDryRun(count) };
  };
}

/** Undefined for what is not sampled; so is an item without a trace, or that cannot be read. */
function sketchesOf(
  destination: DestinationId,
  { signal, payload }: JournalRecord,
): readonly (SpanSketch | undefined)[] | undefined {
  try {
    if (signal === 'traces') return sketchSpans(payload);
    // Honeycomb would take the rest for all: a translated segment has no place for its rate yet.
    if (signal === 'segments' && destination !== 'honeycomb')
      return readDocuments(payload).map(sketchDocument);
  } catch {
    // What cannot be read is the encoder's to refuse.
  }
  return undefined;
}

function sketchDocument(document: Uint8Array): SpanSketch | undefined {
  const segment = parseSegment(document);
  const traceId = fromXRayTraceId(asText(segment?.trace_id) ?? '');
  const [start, end] = [asNumber(segment?.start_time), asNumber(segment?.end_time)];
  if (!segment || !traceId) return undefined;
  const { error, fault, throttle, cause } = segment;
  const isError = error === true || fault === true || throttle === true || cause !== undefined;
  // What has not ended is known to be slow only when it has: its completion is decided by itself.
  const durationMs = start === undefined || end === undefined ? 0 : (end - start) * 1000;
  return { traceId, durationMs, isError };
}
