// Part of exporters/honeycomb/normalise: where a request holds what Honeycomb would read wrongly, by field numbers of OTLP.
import type { OtlpSignal } from '../../../model/signals.ts';

/** What a length-delimited field holds. */
export const Kind = { MESSAGE: 0, ATTRIBUTE: 1, VALUE: 2, TEXT: 3 } as const;

export interface Shape {
  kind: (typeof Kind)[keyof typeof Kind];
  /** By field number; what is not here is of no interest. */
  fields: readonly (Shape | undefined)[];
  /** Of an attribute: the names that it may not have. */
  names: ReadonlySet<string>;
}

/**
 * The columns that Honeycomb derives, and that an attribute of the same name overwrites (its translator husky, v0.43). Not among
 * them: what it derives only where the sender left it out (`exception.type`), and what stands in for a field that a log often lacks
 * (`event.name`, `severity_text`, the trace's ids).
 */
const OF_ALL = ['meta.signal_type', 'library.name', 'library.version', 'telemetry.instrumentation_library'];
const OF_SPANS = [
  ...OF_ALL,
  'resource.schema_url',
  'scope.schema_url',
  'trace.trace_id',
  'trace.span_id',
  'trace.parent_id',
  'trace.trace_state',
  'name',
  'type',
  'span.kind',
  'span.num_events',
  'span.num_links',
  'duration_ms',
  'meta.invalid_duration',
  'status_code',
  'status_message',
  'error',
];
const OF_EVENTS = [
  ...OF_ALL,
  'trace.trace_id',
  'trace.parent_id',
  'name',
  'parent_name',
  'meta.annotation_type',
  'meta.time_since_span_start_ms',
  'error',
];
const OF_LINKS = [
  ...OF_ALL,
  'trace.trace_id',
  'trace.parent_id',
  'trace.link.trace_id',
  'trace.link.span_id',
  'parent_name',
  'meta.annotation_type',
];
const OF_LOGS = [...OF_ALL, 'severity', 'severity_code', 'body', 'flags'];

export const DERIVED: ReadonlySet<string> = new Set([...OF_SPANS, ...OF_EVENTS, ...OF_LINKS, ...OF_LOGS]);

const NONE: ReadonlySet<string> = new Set();
const TEXT: Shape = { kind: Kind.TEXT, fields: [], names: NONE };

function message(fields: Readonly<Record<number, Shape>>): Shape {
  const byNumber: (Shape | undefined)[] = Array.from({ length: 16 }, (_, number) => fields[number]);
  return { kind: Kind.MESSAGE, fields: byNumber, names: NONE };
}

/** An entry of a map becomes a column `<key>.<key of the entry>`. */
const ENTRY: Shape = { kind: Kind.ATTRIBUTE, fields: [], names: NONE };
/** AnyValue: text, or a map. */
export const VALUE: Shape = { ...message({ 1: TEXT, 6: message({ 1: ENTRY }) }), kind: Kind.VALUE };

const attribute = (names: readonly string[]): Shape => ({
  kind: Kind.ATTRIBUTE,
  fields: [],
  names: new Set(names),
});

const SPAN = message({
  5: TEXT,
  9: attribute(OF_SPANS),
  11: message({ 2: TEXT, 3: attribute(OF_EVENTS) }),
  13: message({ 4: attribute(OF_LINKS) }),
  15: message({ 2: TEXT }),
});
const LOG_RECORD = message({ 5: VALUE, 6: attribute(OF_LOGS) });

const request = (item: Shape, names: readonly string[]): Shape =>
  message({
    1: message({
      1: message({ 1: attribute(names) }),
      2: message({ 1: message({ 3: attribute(names) }), 2: item }),
    }),
  });

/** Metrics have no derived columns. */
export const SHAPES: Readonly<Record<OtlpSignal, Shape | undefined>> = {
  traces: request(SPAN, OF_SPANS),
  logs: request(LOG_RECORD, OF_LOGS),
  metrics: undefined,
};
