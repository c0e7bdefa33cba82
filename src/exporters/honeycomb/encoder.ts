// Part of exporters/honeycomb: received bytes go onward as they are. Export requests concatenate: repeated fields merge.
import { weight } from '../../delivery/batcher.ts';
import type { Encoded, EncodedItem, EncodeRejection, Skip, Wait } from '../../delivery/exporter.ts';
import { noPool } from '../../model/buffer-pool.ts';
import type { SpanGroup } from '../../model/otlp.ts';
import { bytesOf, Shelf, type Shelved } from '../../model/shelf.ts';
import type { JournalRecord, OtlpSignal } from '../../model/signals.ts';
import { encodeTraces } from '../../protocols/otlp/encode.ts';
import { fillLogTimes } from '../../protocols/otlp/patch.ts';
import { select } from '../../protocols/otlp/select.ts';
import { Writer } from '../../protocols/otlp/writer.ts';
import type { DocumentState } from './in-progress.ts';
import { normalise } from './normalise/normalise.ts';

/** Part of an export request: protobuf that any number of others may follow. */
export interface Part {
  signal: OtlpSignal;
  dataset: string | undefined;
  /** Under which key it goes, where sidecast has none of its own. */
  keyRef: string | undefined;
  bytes: Uint8Array;
  /** Where the bytes are, when they are not the journal's. */
  shelved?: Shelved;
}

/** Well below what is known of the vendor: 15 MB ingest, 5 MB in Refinery (facts of 2024 and 2026). */
export const MAX_REQUEST_BYTES = 4_500_000;
export const MAX_REQUEST_SPANS = 2000;

/** `documents`: asked of segments alone. */
export function encode(
  record: JournalRecord,
  dataset: string | undefined,
  documents: (record: JournalRecord) => readonly DocumentState[],
): Encoded<Part> {
  return record.signal === 'segments'
    ? encodeSegments(record, dataset, documents(record))
    : encodeOtlp(record, record.signal, dataset);
}

/** The first `count` source items, and the others. */
export function split(
  item: EncodedItem<Part>,
  count: number,
): readonly [EncodedItem<Part>, EncodedItem<Part>] {
  return [cutOut(item, 0, count), cutOut(item, count, weight(item))];
}

/** Source items `start` <= index < `end`, counted from the first one of this item. */
function cutOut(item: EncodedItem<Part>, start: number, end: number): EncodedItem<Part> {
  const { from, position } = item.sources;
  const { signal, bytes } = item.value;
  const chosen = select(signal, bytes, (index) => index >= start && index < end);
  const sources = { position, from: from + start, to: from + end };
  const { shelved: _, ...value } = item.value;
  return { ...item, sources, bytes: chosen.length, value: { ...value, bytes: chosen } };
}

function encodeOtlp(record: JournalRecord, signal: OtlpSignal, dataset: string | undefined): Encoded<Part> {
  const { position, payload, receivedAtMs, summary, origin } = record;
  const timed = signal === 'logs' && summary.untimed > 0 ? fillLogTimes(payload, receivedAtMs) : payload;
  const part: Part = {
    signal,
    dataset: dataset ?? origin.dataset,
    keyRef: origin.keyRef,
    bytes: normalise(signal, timed),
  };
  const whole = toItem(part, { position, from: 0, to: summary.items }, receivedAtMs);
  const rejected: EncodeRejection[] = [];
  const items = cutToLimits(whole).filter((item) => {
    if (item.bytes <= MAX_REQUEST_BYTES) return true;
    rejected.push({ from: item.sources.from, to: item.sources.to, reason: tooLarge(item.bytes) });
    return false;
  });
  return { items, skipped: [], rejected };
}

function encodeSegments(
  record: JournalRecord,
  dataset: string | undefined,
  documents: readonly DocumentState[],
): Encoded<Part> {
  const items: EncodedItem<Part>[] = [];
  const skipped: Skip[] = [];
  const rejected: EncodeRejection[] = [];
  const waiting: Wait[] = [];
  documents.forEach(({ shelved, isReplaced, untilMs }, index) => {
    if (untilMs !== undefined) waiting.push({ from: index, to: index + 1, untilMs });
    else if (isReplaced) skipped.push({ from: index, to: index + 1, code: 'replaced' });
    else if (shelved) {
      const { keyRef } = record.origin;
      const part: Part = { signal: 'traces', dataset, keyRef, bytes: bytesOf(shelved), shelved };
      items.push(
        toItem(part, { position: record.position, from: index, to: index + 1 }, record.receivedAtMs),
      );
    } else rejected.push({ from: index, to: index + 1, reason: notASegment });
  });
  return { items, skipped, rejected, waiting };
}

/** Writes each over the one before; what is to stay is on the shelf. */
export function documentEncoder(shelf = new Shelf(noPool)): (groups: readonly SpanGroup[]) => Shelved {
  const writer = new Writer();
  return (groups) => shelf.putCopy(normalise('traces', encodeTraces(groups, writer.reset())));
}

function toItem(part: Part, sources: EncodedItem<Part>['sources'], timeUnixMs: number): EncodedItem<Part> {
  const { signal, keyRef, dataset } = part;
  const partition = [signal, keyRef ?? '', dataset ?? ''].join('\u0000');
  return { partition, bytes: part.bytes.length, timeUnixMs, sources, value: part };
}

/** Into as many parts as it takes if all are alike, each copied once: halving would copy a large request at every step. */
function cutToLimits(item: EncodedItem<Part>): readonly EncodedItem<Part>[] {
  const count = weight(item);
  const wanted = Math.max(Math.ceil(item.bytes / MAX_REQUEST_BYTES), Math.ceil(count / MAX_REQUEST_SPANS));
  if (wanted < 2 || count < 2) return [item];
  const each = Math.ceil(count / Math.min(wanted, count));
  const starts = Array.from({ length: Math.ceil(count / each) }, (_, part) => part * each);
  return starts.flatMap((start) => cutToLimits(cutOut(item, start, Math.min(start + each, count))));
}

const notASegment = {
  code: 'undecodable' as const,
  message: 'no trace id, id and time of a segment can be read from the X-Ray document',
  fix: 'Look at the dead letter: which program sent it?',
};

const tooLarge = (bytes: number) => ({
  code: 'too_large' as const,
  message: `one item has ${bytes} bytes, more than a request may have`,
  fix: 'Record less in one item; the dead letter holds it.',
});
