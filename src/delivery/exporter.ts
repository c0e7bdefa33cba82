// Part of delivery: the types that an exporter implements. An exporter knows one vendor and has no queue, timer or retry.
import type { IdsOf } from '../correlation/pairs.ts';
import type { RecentLogs } from '../correlation/recent-logs.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { LogGroup, RaisingSpans, SpanGroup, SpanVisitor } from '../model/otlp.ts';
import type { Reason, ReasonCode } from '../model/reasons.ts';
import type { DestinationId, JournalRecord, Position } from '../model/signals.ts';

/** Source items of one record: from <= index < to. */
export interface ItemRange {
  position: Position;
  from: number;
  to: number;
}

/** What one request to the vendor is made of. A source item may become several of these, in one or more partitions. */
export interface EncodedItem<T> {
  /** Items with different partitions never share a request. '' where the vendor has none. */
  partition: string;
  /** Exact size within a request, counted as the vendor counts. */
  bytes: number;
  timeUnixMs: number;
  sources: ItemRange;
  value: T;
}

/** Of a source item of a record, by its index. */
export type IsOut = (index: number) => boolean;

/** How a record is to be encoded. */
export interface Asked {
  /** What was chosen away from the destination: whatever is made of it is thrown away, so who counts or remembers leaves it alone. */
  isOut?: IsOut;
  /** Nothing may wait any longer. */
  isFinal?: boolean;
}

/** Source items of which more is known later; until then nothing is made of them, and they are asked for again. */
export interface Wait {
  from: number;
  to: number;
  /** By the clock of `receivedAtMs`. */
  untilMs: number;
}

export interface BatchLimits {
  maxItems: number;
  maxBytes: number;
  /** The widest span of `timeUnixMs` in one request. */
  maxSpreadMs?: number;
  /** Sort a batch by `timeUnixMs`, stably, before it is sent. */
  ordered: boolean;
  /** How long the first item waits for company. */
  maxWaitMs: number;
  /** Requests in flight, over all partitions. */
  concurrency: number;
}

/** The vendor's own words, for a dead letter. Bodies are cut at 4 KiB. */
export interface VendorAnswer {
  status: number;
  body: string;
}

/** A run of source items that never becomes an item. `from <= index < to`. */
export interface Skip {
  from: number;
  to: number;
  /** `skipped`, where it does not say. */
  outcome?: 'skipped' | 'sampled';
  code: ReasonCode;
}

export interface EncodeRejection {
  from: number;
  to: number;
  reason: Reason;
}

export interface Encoded<T> {
  items: readonly EncodedItem<T>[];
  skipped: readonly Skip[];
  rejected: readonly EncodeRejection[];
  waiting?: readonly Wait[];
}

/** An item of a request that the vendor named in a partial answer. `index` counts the items as they were sent. */
export interface Refusal {
  index: number;
  retryable: boolean;
  reason: Reason;
  vendor: VendorAnswer | null;
}

export type ExportResult =
  /** 2xx, perhaps in part. `anonymous`: the vendor refused that many source items and named none. */
  | { status: 'delivered'; refused: readonly Refusal[]; anonymous?: { items: number; message: string } }
  /** `counts: false` for refused connections, DNS and TLS failures, and for throttling: they say nothing about the batch. */
  | { status: 'retryable'; reason: Reason; retryAfterMs?: number; counts: boolean; vendor?: VendorAnswer }
  /** Key or permission: hold and probe again. */
  | { status: 'blocked'; reason: Reason; vendor?: VendorAnswer }
  /** Will never succeed as it is: bisect to the item and dead-letter that. */
  | { status: 'rejected'; reason: Reason; vendor?: VendorAnswer };

export type CheckResult =
  | { step: string; status: 'ok'; detail: string }
  | { step: string; status: 'failed'; reason: Reason }
  | { step: string; status: 'skipped'; detail: string };

export interface TraceRef {
  /** 32 hex digits. */
  traceId: string;
  startUnixMs: number;
  endUnixMs: number;
}

export interface Exporter<T> {
  limits: BatchLimits;
  /** Until when a record is left alone, by the clock of `receivedAtMs`; undefined when it may go. Not asked again at that time. */
  holdUntilMs?(record: JournalRecord, isStopping: boolean): number | undefined;
  /** Pure with respect to the record; may throw only on bytes that cannot be decoded (becomes `undecodable`). */
  encode(record: JournalRecord, asked?: Asked): Encoded<T>;
  /** As `encode`, for people: where that remembers what it gave, this neither knows nor changes it. */
  preview?(record: JournalRecord): Encoded<T>;
  /** Cuts an item that covers several source items: the first `count` of them, and the others. 0 < count < all. */
  split?(item: EncodedItem<T>, count: number): readonly [EncodedItem<T>, EncodedItem<T>];
  /** Items of one group that follow each other share a request where that costs little. Asked only where a request ends. */
  groupOf?(item: EncodedItem<T>): string | undefined;
  /** One request. Throws only for bugs; a failure that the vendor or the network causes is a result. */
  send(items: readonly EncodedItem<T>[], signal: AbortSignal): Promise<ExportResult>;
  /** An item for people to read, as JSON: what the vendor gets, without what opens the door. */
  show?(item: EncodedItem<T>): Promise<unknown>;
  check(): AsyncIterable<CheckResult>;
  traceUrl(trace: TraceRef): string | undefined;
  close(): Promise<void>;
}

/** Of X-Ray documents: `notable`: of those that hold no exception only the first span, that of the request; `exceptions`: none of these. */
export type SegmentsNeed = 'all' | 'notable' | 'exceptions';

/** Decodes, shared where that pays: the first exporter that asks does it, the others read. */
export interface Decoder {
  /** Those that served a request or recorded an exception, in wire order. */
  notableSpans(record: JournalRecord, visit: SpanVisitor): void;
  raisingSpans(record: JournalRecord): RaisingSpans;
  /** For each document its spans, in one group or none; undefined for what is no JSON object. */
  segments(record: JournalRecord, need?: SegmentsNeed): Iterable<readonly SpanGroup[] | undefined>;
  logs(record: JournalRecord): readonly LogGroup[];
}

/** What every exporter is built from, besides its own configuration. */
export interface ExporterContext {
  destination: DestinationId;
  version: string;
  clock: Clock;
  random: Random;
  decoder: Decoder;
  /** What was logged lately, by trace. */
  recentLogs?: Pick<RecentLogs, 'of'>;
  /** Both ids of a trace that two SDKs describe; without it, each trace has one. */
  idsOf?: IdsOf;
}
