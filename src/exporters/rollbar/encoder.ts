// Part of exporters/rollbar: one item for each exception, wherever a record holds one.

import { allSpans, raisedExceptions } from '../../correlation/exceptions.ts';
import type { IdsOf } from '../../correlation/pairs.ts';
import type { Account, ReportedExceptions } from '../../correlation/reported.ts';
import type { Decoder, Encoded, EncodedItem, IsOut, Skip } from '../../delivery/exporter.ts';
import { firstPlaceOf } from '../../model/first-place.ts';
import type { RaisingSpans } from '../../model/otlp.ts';
import { gapsBetween } from '../../model/ranges.ts';
import type { ReasonCode } from '../../model/reasons.ts';
import type { JournalRecord } from '../../model/signals.ts';
import { fromLog, fromSpan, type Level, type Occurrence } from './occurrence.ts';
import { type Admission, fingerprintOf, type Throttle } from './throttle.ts';

/** What an item has besides its stack, about. Items travel alone, so their size bounds memory and nothing else. */
const BASE_BYTES = 2048;

/** What users may choose about which items there are. */
export interface Policy {
  handledLevel: Level;
  /** Logs of severity ERROR and above are sent also without an exception. */
  errorLogs?: boolean;
  throttle?: Throttle;
  reported?: ReportedExceptions;
  /** For exceptions that both SDKs recorded, each in its own trace. */
  idsOf?: IdsOf | undefined;
}

/** The worst last. */
const LEVELS: readonly Level[] = ['debug', 'info', 'warning', 'error', 'critical'];
const NO_PARENTS: ReadonlyMap<string, string> = new Map();

/** A span whose exception is reported with an outer span is not applicable: it is the same exception. */
export function encode(
  record: JournalRecord,
  decoder: Decoder,
  policy: Policy = { handledLevel: 'warning' },
  isOut: IsOut = () => false,
): Encoded<Occurrence> {
  if (record.signal === 'metrics') {
    return {
      items: [],
      skipped: [{ from: 0, to: record.summary.items, code: 'signal_unsupported' }],
      rejected: [],
    };
  }
  const items: EncodedItem<Occurrence>[] = [];
  const aside = new Map<number, ReasonCode>();
  const found = hasAny(record, policy) ? occurrencesOf(record, decoder, policy) : [];
  for (const [ordinal, { index, occurrence, told }] of found.entries()) {
    // Neither counted by the throttle nor remembered as reported: somebody else tells of it.
    if (isOut(index)) continue;
    if (told && !record.origin.only && isKnown(occurrence, told, policy)) {
      aside.set(index, 'duplicate');
      continue;
    }
    const admission = admit(record, ordinal, occurrence, policy);
    if (!admission.admitted) aside.set(index, 'suppressed');
    else items.push(toEncoded(record, index, { ...occurrence, suppressed: admission.suppressed }));
  }
  return { items, skipped: skippedOf(record.summary.items, items, aside), rejected: [] };
}

/** What has none is not even decoded. */
function hasAny({ signal, summary }: JournalRecord, { errorLogs }: Policy): boolean {
  return summary.exceptions > 0 || (signal === 'logs' && errorLogs === true && summary.errors > 0);
}

/** Told of by an earlier span, log record or document. */
function isKnown(occurrence: Occurrence, told: Told, { reported, idsOf }: Policy): boolean {
  const { traceId, level } = occurrence;
  const ids = idsOf?.(traceId, told.source === 'segment' ? 'xray' : 'otlp');
  const severity = LEVELS.indexOf(level);
  return reported?.isKnown({ ...occurrence, ...told, traceId: ids?.otlp ?? traceId, severity }) ?? false;
}

/** What a person replays was chosen by that person. */
function admit(
  { position, receivedAtMs, origin }: JournalRecord,
  ordinal: number,
  occurrence: Occurrence,
  { throttle }: Policy,
): Admission {
  if (!throttle || origin.only) return { admitted: true, suppressed: 0 };
  return throttle.admit(fingerprintOf(occurrence), { position, ordinal, receivedAtMs });
}

/** How an exception came to be known. */
type Told = Pick<Account, 'source' | 'place' | 'parents'>;

interface Found {
  index: number;
  occurrence: Occurrence;
  /** Absent for what is no exception. */
  told: Told | undefined;
}

function occurrencesOf(record: JournalRecord, decoder: Decoder, policy: Policy): readonly Found[] {
  switch (record.signal) {
    case 'traces':
      return inSpans('span', String(record.position), decoder.raisingSpans(record), policy);
    case 'logs':
      return inLogs(record, decoder, policy);
    default:
      return inSegments(record, decoder, policy);
  }
}

function inSpans(
  source: 'span' | 'segment',
  place: string,
  raising: RaisingSpans,
  { handledLevel }: Policy,
): readonly Found[] {
  return raisedExceptions(raising).map((raised) => ({
    index: raised.index,
    occurrence: fromSpan(raised, handledLevel),
    told: { source, place, parents: raising.parents() },
  }));
}

function inLogs(record: JournalRecord, decoder: Decoder, { errorLogs }: Policy): readonly Found[] {
  const found: Found[] = [];
  const first = firstPlaceOf(record);
  let index = 0;
  for (const { resource, scope, records } of decoder.logs(record)) {
    for (const log of records) {
      const occurrence = fromLog(log, resource, scope, { ...first, item: first.item + index }, errorLogs);
      const told: Told = { source: 'log', place: `${record.position}:${index}`, parents: NO_PARENTS };
      if (occurrence)
        found.push({ index, occurrence, told: occurrence.kind === 'exception' ? told : undefined });
      index++;
    }
  }
  return found;
}

function inSegments(record: JournalRecord, decoder: Decoder, policy: Policy): readonly Found[] {
  const found: Found[] = [];
  let index = 0;
  for (const groups of decoder.segments(record, 'exceptions')) {
    const raised = groups ? inSpans('segment', `${record.position}:${index}`, allSpans(groups), policy) : [];
    for (const one of raised) found.push({ ...one, index });
    index += 1;
  }
  return found;
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

/** `aside`: source items whose exceptions are not sent, unless another of theirs is. */
function skippedOf(
  count: number,
  items: readonly EncodedItem<Occurrence>[],
  aside: ReadonlyMap<number, ReasonCode>,
): readonly Skip[] {
  const used = new Set(items.map(({ sources }) => sources.from));
  const unused = [...aside].filter(([index]) => !used.has(index));
  const known = [...new Set([...used, ...aside.keys()])].toSorted((a, b) => a - b);
  return [
    ...gapsBetween(known, count).map(([from, to]): Skip => ({ from, to, code: 'not_applicable' })),
    ...unused.map(([from, code]): Skip => ({ from, to: from + 1, code })),
  ];
}
