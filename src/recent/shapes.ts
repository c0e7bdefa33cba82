// Part of recent: what the page and scripts are given of traces and logs. Types only. Fields are added, never renamed.
import type { DestinationId } from '../model/signals.ts';

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
  /** Chosen after some of its spans had gone by, while only one trace in N is kept: some may be missing. */
  isPartial?: boolean;
  /** The other SDK's account of the same request. Known to the API alone. */
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
