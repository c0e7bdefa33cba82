// Part of the model: decoded OTLP, as the translations read it. Nothing here aliases a request body.

export type AttributeValue =
  | string
  | number
  | bigint
  | boolean
  | Uint8Array
  | null
  | readonly AttributeValue[]
  | Attributes;

/** Integers are numbers while they are safe, bigints beyond. The last of equal keys wins. */
export type Attributes = ReadonlyMap<string, AttributeValue>;

export interface Resource {
  attributes: Attributes;
}

export interface Scope {
  name: string;
  version: string;
  attributes: Attributes;
}

/** OTLP SpanKind. */
export const SpanKind = {
  UNSPECIFIED: 0,
  INTERNAL: 1,
  SERVER: 2,
  CLIENT: 3,
  PRODUCER: 4,
  CONSUMER: 5,
} as const;
/** OTLP StatusCode. */
export const StatusCode = { UNSET: 0, OK: 1, ERROR: 2 } as const;
/** OTLP SeverityNumber: 17 to 20 is ERROR, above is FATAL. */
export const SEVERITY_ERROR = 17;

export interface SpanEvent {
  timeUnixNano: bigint;
  name: string;
  attributes: Attributes;
}

export interface SpanLink {
  traceId: string;
  spanId: string;
  traceState: string;
  attributes: Attributes;
}

export interface Span {
  /** 32 lower-case hex digits. */
  traceId: string;
  /** 16 lower-case hex digits. */
  spanId: string;
  /** 16 lower-case hex digits, or '' for a root. */
  parentSpanId: string;
  traceState: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: bigint;
  /** 0n when the span has not ended. */
  endTimeUnixNano: bigint;
  attributes: Attributes;
  events: readonly SpanEvent[];
  links: readonly SpanLink[];
  status: { code: number; message: string };
}

export interface LogRecord {
  timeUnixNano: bigint;
  observedTimeUnixNano: bigint;
  severityNumber: number;
  severityText: string;
  body: AttributeValue;
  attributes: Attributes;
  /** '' when absent. */
  traceId: string;
  spanId: string;
  flags: number;
  eventName: string;
}

/** Spans of one resource and scope. Item indexes count through groups in wire order. */
export interface SpanGroup {
  resource: Resource;
  scope: Scope;
  spans: readonly Span[];
}

/** A span and its place among all spans of the request, in wire order. */
export interface PlacedSpan {
  index: number;
  resource: Resource;
  scope: Scope;
  span: Span;
}

export type SpanVisitor = (span: Span, resource: Resource, scope: Scope, index: number) => void;

/** Spans that recorded exceptions, and maybe others. */
export interface RaisingSpans {
  spans: readonly PlacedSpan[];
  /** Parents by span id: of all spans at hand of the traces in which exceptions were recorded. */
  parents(): ReadonlyMap<string, string>;
}

export interface LogGroup {
  resource: Resource;
  scope: Scope;
  records: readonly LogRecord[];
}
