// Part of exporters/aws-cloudwatch-logs: log records as events, requests as access lines, exceptions as error events.

import { allSpans, raisedExceptions } from '../../correlation/exceptions.ts';
import type { IdsOf } from '../../correlation/pairs.ts';
import type { Protocol } from '../../correlation/speaker.ts';
import type { Decoder, Encoded, EncodedItem, EncodeRejection } from '../../delivery/exporter.ts';
import { noPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import { firstPlaceOf } from '../../model/first-place.ts';
import type { RaisingSpans, Resource } from '../../model/otlp.ts';
import { gapsBetween } from '../../model/ranges.ts';
import type { Reason } from '../../model/reasons.ts';
import { Shelf } from '../../model/shelf.ts';
import type { JournalRecord } from '../../model/signals.ts';
import { untimely } from './age.ts';
import { encodeEvent, type LogEvent, putEvent } from './event.ts';
import { logEvent, resourceFields } from './log-event.ts';
import type { EventSource, PartitionOf } from './partition.ts';
import { accessLine, errorEvent, type TimedEvent } from './span-events.ts';

/** PutLogEvents: 10,000 events, 1,048,576 bytes with the overhead, 24 h between the first and the last. */
export const MAX_EVENTS = 10_000;
export const MAX_REQUEST_BYTES = 1_048_576;
export const MAX_SPREAD_MS = 86_400_000;
export interface EncoderContext {
  decoder: Decoder;
  clock: Clock;
  partitionOf: PartitionOf;
  maxEventBytes?: number;
  /** Where events wait to be sent. */
  shelf?: Shelf;
  idsOf?: IdsOf | undefined;
}

export function encode(record: JournalRecord, context: EncoderContext): Encoded<LogEvent> {
  const collector = new Collector(record, context);
  switch (record.signal) {
    case 'logs':
      encodeLogs(record, context, collector);
      break;
    case 'traces':
      encodeSpans(record, context, collector);
      break;
    case 'segments':
      encodeSegments(context.decoder.segments(record, 'notable'), context, collector);
      break;
    case 'metrics':
      return {
        items: [],
        skipped: [{ from: 0, to: record.summary.items, code: 'signal_unsupported' }],
        rejected: [],
      };
  }
  return collector.encoded();
}

function encodeLogs(record: JournalRecord, { decoder, idsOf }: EncoderContext, collector: Collector): void {
  // Two lines may be equal to the nanosecond, so the place in the journal tells them apart; the arrival tells journals apart.
  const first = firstPlaceOf(record);
  const prefix = `${first.receivedAtMs.toString(36)}:${first.position.toString(36)}`;
  let index = 0;
  for (const { resource, scope, records } of decoder.logs(record)) {
    const fields = resourceFields(resource);
    for (const log of records) {
      const timeUnixMs =
        Number((log.timeUnixNano || log.observedTimeUnixNano) / 1_000_000n) || record.receivedAtMs;
      const eventId = `${prefix}:${(first.item + index).toString(36)}`;
      const ids = idsOf?.(log.traceId, 'otlp');
      const event = logEvent({
        record: log,
        scope,
        resource,
        resourceFields: fields,
        timeUnixMs,
        eventId,
        ids,
      });
      collector.add(index, resource, [{ timeUnixMs, fields: event }], {
        logger: scope.name,
        attributes: log.attributes,
      });
      index++;
    }
  }
}

function encodeSpans(record: JournalRecord, { decoder, idsOf }: EncoderContext, collector: Collector): void {
  const errors = errorsByIndex(decoder.raisingSpans(record), 'otlp', idsOf);
  decoder.notableSpans(record, (span, resource, _scope, index) => {
    const line = accessLine(span, resource, idsOf?.(span.traceId, 'otlp'));
    const raised = errors.get(index) ?? [];
    collector.add(index, resource, line ? [line, ...raised] : raised);
  });
}

/** A document is one source item, whatever it holds: its request and every exception in it. */
function encodeSegments(
  documents: ReturnType<Decoder['segments']>,
  { idsOf }: EncoderContext,
  collector: Collector,
): void {
  let index = 0;
  for (const found of documents) {
    const groups = found ?? [];
    const [root] = groups;
    const [first] = root?.spans ?? [];
    const line = first && root && accessLine(first, root.resource, idsOf?.(first.traceId, 'xray'));
    const errors = [...errorsByIndex(allSpans(groups), 'xray', idsOf).values()].flat();
    collector.add(index, root?.resource ?? NO_RESOURCE, line ? [line, ...errors] : errors);
    index += 1;
  }
}

const NO_RESOURCE: Resource = { attributes: new Map() };

function errorsByIndex(
  raising: RaisingSpans,
  side: Protocol,
  idsOf: IdsOf | undefined,
): Map<number, TimedEvent[]> {
  const found = new Map<number, TimedEvent[]>();
  for (const raised of raisedExceptions(raising)) {
    const event = errorEvent(raised, idsOf?.(raised.span.traceId, side));
    found.set(raised.index, [...(found.get(raised.index) ?? []), event]);
  }
  return found;
}

/** Sorts source items into events, skipped and rejected; an item is one of them. */
class Collector {
  readonly #record: JournalRecord;
  readonly #nowMs: number;
  readonly #partitionOf: PartitionOf;
  readonly #maxEventBytes: number | undefined;
  readonly #shelf: Shelf;
  readonly #items: EncodedItem<LogEvent>[] = [];
  /** Source items that became events or were rejected, ascending. */
  readonly #used: number[] = [];
  readonly #rejected: EncodeRejection[] = [];

  constructor(
    record: JournalRecord,
    { clock, partitionOf, maxEventBytes, shelf = new Shelf(noPool) }: EncoderContext,
  ) {
    this.#record = record;
    this.#nowMs = clock.now();
    this.#partitionOf = partitionOf;
    this.#maxEventBytes = maxEventBytes;
    this.#shelf = shelf;
  }

  /** In ascending order of `index`. */
  add(index: number, resource: Resource, events: readonly TimedEvent[], log?: EventSource['log']): void {
    const sources = { position: this.#record.position, from: index, to: index + 1 };
    if (events.length === 0) return;
    this.#used.push(index);
    const items: EncodedItem<LogEvent>[] = [];
    for (const { timeUnixMs, fields } of events) {
      const encoded = encodeEvent(fields, this.#maxEventBytes);
      const reason = untimely(timeUnixMs, this.#nowMs) ?? (encoded ? undefined : tooLarge);
      if (reason || !encoded) {
        this.#rejected.push({ from: index, to: index + 1, reason: reason ?? tooLarge });
        return;
      }
      const partition = this.#partitionOf({ resource, timeUnixMs, ...(log && { log }) });
      items.push({
        partition,
        timeUnixMs,
        sources,
        bytes: encoded.bytes,
        value: putEvent(this.#shelf, timeUnixMs, encoded.message),
      });
    }
    this.#items.push(...items);
  }

  encoded(): Encoded<LogEvent> {
    const unused = gapsBetween(this.#used, this.#record.summary.items);
    const skipped = unused.map(([from, to]) => ({ from, to, code: 'not_applicable' as const }));
    return { items: this.#items, skipped, rejected: this.#rejected };
  }
}

const tooLarge: Reason = {
  code: 'too_large',
  message: 'the event is larger than CLOUDWATCH_MAX_EVENT_BYTES and could not be cut to size',
  fix: 'Record less in one item; the dead letter holds it.',
};
