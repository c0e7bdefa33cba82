// Part of exporters/aws-xray: segment documents go onward byte for byte; spans become documents.
import { isUtf8 } from 'node:buffer';
import type { Encoded, EncodedItem, EncodeRejection, IsOut } from '../../delivery/exporter.ts';
import { noPool } from '../../model/buffer-pool.ts';
import { literalOf, literalOfText } from '../../model/json-literal.ts';
import type { Reason } from '../../model/reasons.ts';
import { bytesOf, joinedBytes, joinInto, Shelf, type Shelved } from '../../model/shelf.ts';
import type { JournalRecord } from '../../model/signals.ts';
import { eachSpanAt, type SpanAtVisitor } from '../../protocols/otlp/decode.ts';
import { decodeSpan } from '../../protocols/otlp/decode-span.ts';
import { readDocuments } from '../../protocols/xray/datagram.ts';
import { type SpanTranslator, spanToDocument } from '../../protocols/xray/from-spans.ts';
import { splitDocument } from '../../protocols/xray/split.ts';
import type { RecurringSpans } from './recurring.ts';

/** A JSON string literal, quotes included, as it goes into the request. */
export type Document = Shelved;

/** PutTraceSegments takes 50 documents ("Exceeding maximum segment count: 50"); the bytes of a call are not published. */
export const MAX_DOCUMENTS = 50;
export const MAX_REQUEST_BYTES = 1_000_000;
/** X-Ray developer guide: a segment document is up to 64 kB. */
const MAX_DOCUMENT_BYTES = 65_536;

const TRACE_ID = '\\"trace_id\\"';
const X_RAY_TRACE_ID = /1-[\da-f]{8}-[\da-f]{24}/i;
/** An id, and what may stand before it. */
const VALUE_CHARS = 45;

/** The trace of a document; undefined where it names none that X-Ray knows. */
export function groupOf({ value }: EncodedItem<Document>): string | undefined {
  const json = bytesOf(value);
  const at = json.indexOf(TRACE_ID, 0, 'latin1');
  const around = at < 0 ? '' : json.toString('latin1', at, at + TRACE_ID.length + VALUE_CHARS);
  return X_RAY_TRACE_ID.exec(around)?.[0];
}

export interface EncoderContext {
  toDocument?: SpanTranslator;
  /** Where documents wait to be sent. */
  shelf?: Shelf;
  recurring?: RecurringSpans | undefined;
  isOut?: IsOut | undefined;
}

/**
 * X-Ray takes 500 KB of a trace that arrives together and 100 KB of one that trickles (AWS re:Post on "Trace Size Exceeded"). An SDK
 * sends a trace's segments together; spans arrive as they end, those of concurrent requests in turns, so they are put together.
 */
export function encode(
  record: JournalRecord,
  { toDocument = spanToDocument, shelf = new Shelf(noPool), recurring, isOut }: EncoderContext = {},
): Encoded<Document> {
  switch (record.signal) {
    case 'segments':
      return encodeSegments(record, shelf);
    case 'traces':
      return encodeSpans(record, { toDocument, shelf, recurring, isOut });
    default:
      return {
        items: [],
        skipped: [{ from: 0, to: record.summary.items, code: 'signal_unsupported' }],
        rejected: [],
      };
  }
}

function encodeSegments(record: JournalRecord, shelf: Shelf): Encoded<Document> {
  const items: EncodedItem<Document>[] = [];
  const rejected: EncodeRejection[] = [];
  readDocuments(record.payload).forEach((bytes, index) => {
    const document = inUtf8(bytes);
    if (document.length <= MAX_DOCUMENT_BYTES)
      items.push(toItem(shelf.putCopy(literalOf(document)), record, index));
    else {
      const parts = splitDocument(document.toString('latin1'), MAX_DOCUMENT_BYTES);
      if (!parts) rejected.push({ from: index, to: index + 1, reason: tooLarge(document.length) });
      for (const part of parts ?? [])
        items.push(toItem(shelf.putCopy(literalOf(Buffer.from(part, 'latin1'))), record, index));
    }
  });
  return { items, skipped: [], rejected };
}

type SpanContext = EncoderContext & Required<Pick<EncoderContext, 'toDocument' | 'shelf'>>;

function encodeSpans(
  record: JournalRecord,
  { toDocument, shelf, recurring, isOut }: SpanContext,
): Encoded<Document> {
  const traces = new Map<string, EncodedItem<Document>[]>();
  const rejected: EncodeRejection[] = [];
  const encodeSpan: SpanAtVisitor = (source, from, to, place, index) => {
    if (isOut?.(index)) return;
    const known = recurring?.put(shelf, source, from, to, place);
    if (known) {
      keep(known.traceId, known.document, index);
      return;
    }
    const span = decodeSpan(source, from, to);
    const translated = toDocument(span, place.resource, place.scope);
    if (!translated.ok) {
      rejected.push({ from: index, to: index + 1, reason: translated.reason });
      return;
    }
    recurring?.learn(translated.document, span);
    keep(span.traceId, shelf.putCopy(literalOfText(translated.document)), index);
  };

  function keep(traceId: string, document: Document, index: number): void {
    const item = toItem(document, record, index);
    const together = traces.get(traceId);
    if (together) together.push(item);
    else traces.set(traceId, [item]);
  }

  try {
    eachSpanAt(record.payload, encodeSpan);
  } finally {
    recurring?.letGo();
  }
  return { items: [...traces.values()].flat(), skipped: [], rejected };
}

function toItem(
  value: Document,
  { position, receivedAtMs }: JournalRecord,
  index: number,
): EncodedItem<Document> {
  return {
    partition: '',
    // The comma or bracket after it counts.
    bytes: value.to - value.from + 1,
    timeUnixMs: receivedAtMs,
    sources: { position, from: index, to: index + 1 },
    value,
  };
}

/** What is no UTF-8 cannot be in JSON: it is repaired as Go's encoder does in the X-Ray daemon; X-Ray judges it, not all 50. */
function inUtf8(document: Buffer): Buffer {
  return isUtf8(document) ? document : Buffer.from(document.toString('utf8'));
}

/** The document that a literal was made of. */
export function documentOf(document: Document): Uint8Array {
  return Buffer.from(JSON.parse(bytesOf(document).toString('latin1')) as string, 'latin1');
}

const HEAD = '{"TraceSegmentDocuments":[';
const TAIL = ']}';

/** The request as the API takes it, written once into one buffer: joined strings of this size would be garbage twice. */
export function bodyOf(
  documents: readonly Document[],
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow,
): Uint8Array {
  const body = allocate(HEAD.length + joinedBytes(documents) + TAIL.length);
  const end = joinInto(body, body.write(HEAD, 0, 'latin1'), documents);
  body.write(TAIL, end, 'latin1');
  return body;
}

const tooLarge = (bytes: number): Reason => ({
  code: 'too_large',
  message: `the document has ${bytes} bytes; X-Ray takes ${MAX_DOCUMENT_BYTES}, and no subsegments sent on their own make it fit`,
  fix: 'Record less metadata, or let the SDK stream subsegments.',
});
