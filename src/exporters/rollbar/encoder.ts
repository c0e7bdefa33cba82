// Part of exporters/rollbar: one item for each exception, wherever a record holds one.

import { allSpans, raisedExceptions } from '../../correlation/exceptions.ts';
import type { Decoder, Encoded, EncodedItem } from '../../delivery/exporter.ts';
import { firstPlaceOf } from '../../model/first-place.ts';
import { gapsBetween } from '../../model/ranges.ts';
import type { JournalRecord } from '../../model/signals.ts';
import { fromLog, fromSpan, type Level, type Occurrence } from './occurrence.ts';

/** What an item has besides its stack, about. Items travel alone, so their size bounds memory and nothing else. */
const BASE_BYTES = 2048;

/** What users may choose about which items there are. */
export interface Policy {
  handledLevel: Level;
}

/** A span whose exception is reported with an outer span is not applicable: it is the same exception. */
export function encode(
  record: JournalRecord,
  decoder: Decoder,
  policy: Policy = { handledLevel: 'warning' },
): Encoded<Occurrence> {
  if (record.signal === 'metrics') {
    return {
      items: [],
      skipped: [{ from: 0, to: record.summary.items, code: 'signal_unsupported' }],
      rejected: [],
    };
  }
  const items: EncodedItem<Occurrence>[] = [];
  const found = record.summary.exceptions === 0 ? [] : occurrencesOf(record, decoder, policy);
  for (const { index, occurrence } of found) items.push(toEncoded(record, index, occurrence));
  return { items, skipped: skippedOf(record.summary.items, items), rejected: [] };
}

interface Found {
  index: number;
  occurrence: Occurrence;
}

function occurrencesOf(record: JournalRecord, decoder: Decoder, policy: Policy): readonly Found[] {
  switch (record.signal) {
    case 'traces':
      return raisedExceptions(decoder.notableSpans(record)).map((raised) => ({
        index: raised.index,
        occurrence: fromSpan(raised, policy.handledLevel),
      }));
    case 'logs':
      return inLogs(record, decoder);
    default:
      return inSegments(record, decoder, policy);
  }
}

function inLogs(record: JournalRecord, decoder: Decoder): readonly Found[] {
  const found: Found[] = [];
  const first = firstPlaceOf(record);
  let index = 0;
  for (const { resource, scope, records } of decoder.logs(record)) {
    for (const log of records) {
      const occurrence = fromLog(log, resource, scope, { ...first, item: first.item + index });
      if (occurrence) found.push({ index, occurrence });
      index++;
    }
  }
  return found;
}

function inSegments(record: JournalRecord, decoder: Decoder, { handledLevel }: Policy): readonly Found[] {
  return decoder.segments(record).flatMap((groups = [], index) =>
    raisedExceptions(allSpans(groups)).map((raised) => ({
      index,
      occurrence: fromSpan(raised, handledLevel),
    })),
  );
}

function toEncoded(record: JournalRecord, index: number, occurrence: Occurrence): EncodedItem<Occurrence> {
  const timed =
    occurrence.timeUnixNano === 0n
      ? { ...occurrence, timeUnixNano: BigInt(record.receivedAtMs) * 1_000_000n }
      : occurrence;
  return {
    partition: '',
    bytes: BASE_BYTES + occurrence.stack.length,
    timeUnixMs: Number(timed.timeUnixNano / 1_000_000n),
    sources: { position: record.position, from: index, to: index + 1 },
    value: timed,
  };
}

function skippedOf(count: number, items: readonly EncodedItem<Occurrence>[]): Encoded<Occurrence>['skipped'] {
  const used = new Set(items.map(({ sources }) => sources.from));
  return gapsBetween(used, count).map(([from, to]) => ({ from, to, code: 'not_applicable' }));
}
