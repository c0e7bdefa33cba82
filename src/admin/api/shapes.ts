// Part of admin/api: what the page and scripts are given. Types only; the page imports them too. Fields are added, never renamed.
import type { DestinationId, ReceiverId } from '../../model/signals.ts';
import type { Status } from '../status.ts';

/** The state of an item at a destination. */
export type ItemState =
  | 'queued'
  | 'retrying'
  | 'blocked'
  | 'delivered'
  | 'skipped'
  | 'sampled'
  | 'rejected'
  | 'dropped';

/** How many items of a trace are in which state; a destination that is off, or has nothing to do with any of them, is absent. */
export type Chip = Partial<Record<ItemState, number>>;
export type Chips = Partial<Record<DestinationId, Chip>>;

/** Of OTLP or of X-Ray. */
export type Came = 'otlp' | 'xray';

/** Decimal digits: nanoseconds do not fit into a number. */
export type UnixNano = string;

/** A row of the list. */
export interface TraceRow {
  /** 32 hex digits, also for a trace of X-Ray. */
  id: string;
  /** Goes up with every change, so that a stream can be gone on with. */
  version: number;
  receivedAtMs: number;
  startUnixNano: UnixNano;
  /** Of the root, or from the first start to the last end. */
  durationMs: number;
  name: string;
  method?: string;
  route?: string;
  statusCode?: number;
  userId?: string;
  services: readonly string[];
  spans: number;
  logs: number;
  errors: number;
  came: readonly Came[];
  /** The other SDK's account of the same request. */
  pairedWith?: string;
  chips: Chips;
}

export type Scalar = string | number | boolean | null;
export type AttributeValue = Scalar | readonly AttributeValue[] | { readonly [key: string]: AttributeValue };
export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface SpanEvent {
  timeUnixNano: UnixNano;
  name: string;
  attributes: Attributes;
}

/** One attempt or more to deliver an item to one destination, and what became of it. */
export interface Delivery {
  destination: DestinationId;
  state: ItemState;
  /** A reason code and its text, for what is not delivered. */
  code?: string;
  message?: string;
  fix?: string;
  receivedAtMs: number;
  settledAtMs?: number;
  attempts?: number;
  /** What the vendor said, verbatim, cut to 2 KB. */
  answer?: string;
  /** Items and bytes of the batch that it travelled in. */
  batch?: { items: number; bytes: number };
  /** The item as it was encoded for this destination; only from `/api/traces/:id/spans/:span/sent`. */
  url?: string;
}

export interface SpanRow {
  /** 16 hex digits. */
  id: string;
  parentId?: string;
  came: Came;
  service: string;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  startUnixNano: UnixNano;
  durationMs: number;
  /** An X-Ray segment that is still in progress. */
  inProgress?: boolean;
  error: boolean;
  statusMessage?: string;
  attributes: Attributes;
  resource: Attributes;
  scope?: { name: string; version?: string };
  events: readonly SpanEvent[];
  links: readonly { traceId: string; spanId: string; attributes: Attributes }[];
  deliveries: readonly Delivery[];
}

export interface LogRow {
  /** Its place in the journal. */
  id: string;
  timeUnixNano: UnixNano;
  severity: string;
  severityNumber: number;
  service: string;
  body: AttributeValue;
  traceId?: string;
  spanId?: string;
  attributes: Attributes;
  resource: Attributes;
  chips: Chips;
}

export interface Trace {
  row: TraceRow;
  spans: readonly SpanRow[];
  logs: readonly LogRow[];
  links: Partial<Record<DestinationId, string>>;
  /** This route among the traces that are kept. */
  rank?: { route: string; p50Ms: number; p95Ms: number; slowestPercent: number };
}

/** `GET /api/traces?service=&route=&status=&min=&q=&attr=key=value&errors=1&lacks=<destination>&from=&to=&minMs=&maxMs=&limit=&before=` */
export interface TraceList {
  traces: readonly TraceRow[];
  /** Of those that are kept. */
  matching: number;
  kept: number;
  /** 1: every trace is kept; N: one in N, errors and slow ones first. */
  keepsOneIn: number;
  next?: string;
}

/** `GET /api/heatmap`: 5 s columns, newest last; rows are logarithmic: `lowMs · ratio^row`. */
export interface Heatmap {
  columnMs: 5000;
  firstColumnMs: number;
  lowMs: number;
  ratio: number;
  /** `[column, row, traces, errors]`. */
  cells: readonly (readonly [number, number, number, number])[];
  routes: readonly {
    route: string;
    perSecond: number;
    errorPercent: number;
    p50Ms: number;
    p95Ms: number;
    p99Ms: number;
  }[];
}

/** `GET /api/compare?from=&to=&minMs=&maxMs=`: attributes that differ most inside the box from outside. */
export interface Comparison {
  inside: number;
  outside: number;
  attributes: readonly {
    key: string;
    value: string;
    insidePercent: number;
    outsidePercent: number;
  }[];
}

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
