// Part of admin/api: what the page and scripts are given. Types only; the page imports them too. Fields are added, never renamed.
import type { DestinationId, ReceiverId } from '../../model/signals.ts';
import type { Heatmap, LogRow, TraceRow } from '../../recent/shapes.ts';
import type { Status } from '../status.ts';

export type {
  Attributes,
  AttributeValue,
  Came,
  Chip,
  Chips,
  Comparison,
  Delivery,
  Heatmap,
  ItemState,
  LogRow,
  Scalar,
  SpanEvent,
  SpanRow,
  Trace,
  TraceList,
  TraceRow,
  UnixNano,
} from '../../recent/shapes.ts';

/** `GET /api/traces/:id/spans/:span/sent/:destination`: encoded by that destination's own exporter, as it is sent. */
export interface Sent {
  destination: DestinationId;
  /** What the span becomes there: one request's worth each. Empty where nothing is sent. */
  items: readonly {
    /** Where one destination has several: a dataset, a log group and stream. */
    partition: string;
    /** On the wire, before compression. */
    bytes: number;
    /** What the vendor reads: OTLP/JSON, a segment document, a log event, a Rollbar item. */
    body: unknown;
  }[];
  /** Why nothing, or not all of it, is sent. */
  notes: readonly { code: string; message: string }[];
}

/** Over the last 5 seconds. */
export interface DestinationFlow {
  acceptedPerSecond: number;
  deliveredPerSecond: number;
  queuedItems: number;
  queuedBytes: number;
  oldestQueuedAgeMs: number | null;
  /** When it is tried again; null while it takes data. */
  retryAtMs: number | null;
  deadLetters: {
    letters: number;
    /** By reason code, most first. */
    reasons: readonly { code: string; letters: number; message: string }[];
  };
}

/** `GET /api/pipeline` */
export interface Pipeline {
  nowMs: number;
  /** As in `GET /status`: states with their reasons and fixes, counts, journal, listeners. */
  status: Status;
  /** Items of all signals. */
  receivers: Record<ReceiverId, { acceptedPerSecond: number; refusedPerSecond: number }>;
  /** Every destination, also one that is off. */
  destinations: Record<DestinationId, DestinationFlow>;
  /** What this page can show. */
  recent: { traces: number; logs: number; bytes: number; maxBytes: number; keepsOneIn: number };
}

/**
 * `GET /api/stream` (server-sent events), at most 4 a second each:
 * `hello` { version, startedAt } · `traces` { rows: TraceRow[], kept, keepsOneIn } (new and changed ones) · `logs` { rows: LogRow[] } ·
 * `heatmap` Heatmap (each 5 s) · `pipeline` the answer of `GET /api/pipeline` (each second).
 */
export interface StreamEvents {
  hello: { version: string; startedAt: string };
  traces: { rows: readonly TraceRow[]; kept: number; keepsOneIn: number };
  logs: { rows: readonly LogRow[] };
  heatmap: Heatmap;
  pipeline: Pipeline;
}
