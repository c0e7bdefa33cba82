// Part of delivery: a record as objects. Logs, and spans that recorded exceptions, are decoded once for all destinations that ask while
// they are new; other spans and X-Ray documents for each of them, one at a time, as far as it needs.
import { allSpans } from '../correlation/exceptions.ts';
import type { SpanGroup } from '../model/otlp.ts';
import type { JournalRecord, Position } from '../model/signals.ts';
import { decodeLogs, decodeRaising, eachNotableSpan } from '../protocols/otlp/decode.ts';
import { readDocuments } from '../protocols/xray/datagram.ts';
import { EXCEPTIONS, type Marked, readMarks } from '../protocols/xray/marks.ts';
import { isIndependentSubsegment, parseSegment } from '../protocols/xray/segment.ts';
import { segmentToSpans } from '../protocols/xray/to-spans.ts';
import type { Decoder, SegmentsNeed } from './exporter.ts';
import { createSegmentServices, type SegmentServices } from './segment-services.ts';

/** Readers that keep up ask within the same turn; what is kept longer grows old, which is dear to collect. */
const MAX_BYTES = 1024 * 1024;
/** A decoded span takes about this many times its wire bytes (317 B on the wire, about 2 KB as objects). */
const DECODED_TO_WIRE = 8;

/** Least recently used goes first. A destination far behind decodes again. */
export class Shared<T> {
  readonly #decode: (payload: Uint8Array) => T;
  readonly #maxBytes: number;
  readonly #kept = new Map<Position, { value: T; bytes: number }>();
  #bytes = 0;

  constructor(decode: (payload: Uint8Array) => T, maxBytes: number) {
    this.#decode = decode;
    this.#maxBytes = maxBytes;
  }

  of({ position, payload }: Pick<JournalRecord, 'position' | 'payload'>): T {
    const known = this.#kept.get(position);
    if (known) {
      this.#kept.delete(position);
      this.#kept.set(position, known);
      return known.value;
    }
    const value = this.#decode(payload);
    const bytes = payload.length * DECODED_TO_WIRE;
    this.#kept.set(position, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.#maxBytes || this.#kept.size === 1) break;
      this.#kept.delete(oldest);
      this.#bytes -= kept.bytes;
    }
    return value;
  }
}

const NO_SPANS = allSpans([]);

export interface DecoderSettings {
  /** Whether spans of segments carry the names of the old conventions as well. */
  attributeNames?: 'stable' | 'both';
}

export function createDecoder({ attributeNames }: DecoderSettings = {}): Decoder {
  const oldNames = attributeNames === 'both';
  const raisingSpans = new Shared(decodeRaising, MAX_BYTES);
  const services = createSegmentServices();
  const logs = new Shared(decodeLogs, MAX_BYTES);
  return {
    notableSpans: ({ payload }, visit) => eachNotableSpan(payload, visit),
    raisingSpans: (record) => (record.summary.exceptions === 0 ? NO_SPANS : raisingSpans.of(record)),
    segments: ({ payload }, need) => decodeSegments(payload, { services, oldNames, need }),
    logs: (record) => logs.of(record),
  };
}

export interface SegmentsOptions {
  services?: SegmentServices;
  oldNames?: boolean | undefined;
  need?: SegmentsNeed | undefined;
}

/**
 * For each document its spans, in one group or none; undefined for what is no JSON object. One at a time, and for each reader anew:
 * the objects of a record are twenty times its size, and kept for others they grew old (of UDP to four destinations a third of all CPU).
 */
export function* decodeSegments(
  payload: Uint8Array,
  { services = createSegmentServices(), oldNames = false, need = 'all' }: SegmentsOptions = {},
): Iterable<readonly SpanGroup[] | undefined> {
  const documents = readDocuments(payload);
  const marked = need === 'all' ? undefined : readMarks(payload);
  let isLearnt = false;
  for (const [index, document] of documents.entries()) {
    const raises = !marked || mayHoldException(document, marked[index]!);
    const segment = raises || need === 'notable' ? parseSegment(document) : undefined;
    if (!segment) {
      yield undefined;
      continue;
    }
    const isLone = isIndependentSubsegment(segment);
    if (!isLone) services.learn(segment);
    else if (!isLearnt && !services.knowsParentOf(segment)) {
      // Streamed subsegments come before their segment, mostly in the same record.
      for (const other of documents) services.learn(parseSegment(other) ?? {});
      isLearnt = true;
    }
    const serviceName = isLone ? services.serviceOf(segment) : undefined;
    const groups = segmentToSpans(segment, { serviceName, oldNames, rootOnly: !raises });
    yield groups.length === 0 ? undefined : groups;
  }
}

const UNICODE_ESCAPE = Buffer.from('\\u');

/** A name may be written in escapes. */
function mayHoldException(document: Buffer, { marks }: Marked): boolean {
  return (marks & EXCEPTIONS) !== 0 || document.includes(UNICODE_ESCAPE);
}
