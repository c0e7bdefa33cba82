// Part of correlation: an exception is often recorded on every span that it passes through; here it is one.
import { groupBy } from '../model/group-by.ts';
import type { PlacedSpan, RaisingSpans, SpanEvent, SpanGroup } from '../model/otlp.ts';

/** Where an exception was recorded. */
export interface Recording extends PlacedSpan {
  event: SpanEvent;
  eventIndex: number;
}

export interface RaisedException extends Recording {
  /** The most detailed stack of all its recordings, '' when none has one. */
  stack: string;
}

/**
 * One for each exception, at the outermost span that recorded it: that one knows the request. Recordings are one exception when type
 * and message are equal and one span is inside the other; what a retry on a sibling span raises is another. Looks no further
 * than the request: the rest of a trace may be in another.
 */
export function raisedExceptions(raising: RaisingSpans): RaisedException[] {
  const raised: RaisedException[] = [];
  for (const same of groupBy(recordingsOf(raising.spans), keyOf).values()) {
    const ones = same.length === 1 ? same.map(toRaised) : outermost(same, raising.parents());
    for (const one of ones) raised.push(one);
  }
  return raised.sort((a, b) => a.index - b.index || a.eventIndex - b.eventIndex);
}

/** All spans of the groups, for who has them at hand. */
export function allSpans(groups: readonly SpanGroup[]): RaisingSpans {
  const spans: PlacedSpan[] = [];
  for (const group of groups)
    for (const span of group.spans) spans.push({ index: spans.length, ...group, span });
  let parents: ReadonlyMap<string, string> | undefined;
  return {
    spans,
    parents() {
      parents ??= new Map(spans.map(({ span }) => [span.spanId, span.parentSpanId]));
      return parents;
    },
  };
}

function outermost(
  same: readonly Recording[],
  parents: ReadonlyMap<string, string>,
): Iterable<RaisedException> {
  const found = new Map<Recording, RaisedException>();
  const bySpan = groupBy(same, ({ span }) => span.spanId);
  for (const recording of same) {
    const root = rootOf(recording, bySpan, parents);
    const known = found.get(root) ?? toRaised(root);
    known.stack = longer(known.stack, stackOf(recording.event));
    found.set(root, known);
  }
  return found.values();
}

function recordingsOf(spans: readonly PlacedSpan[]): Recording[] {
  const found: Recording[] = [];
  for (const placed of spans) {
    placed.span.events.forEach((event, eventIndex) => {
      if (isException(event)) found.push({ ...placed, event, eventIndex });
    });
  }
  return found;
}

/** An event without type and message says no more than that there was one; X-Ray documents have those for causes elsewhere. */
function isException({ name, attributes }: SpanEvent): boolean {
  return name === 'exception' && (attributes.has('exception.type') || attributes.has('exception.message'));
}

/** The first recording on the outermost span that has one; the chain ends where a parent is not at hand. */
function rootOf(
  start: Recording,
  bySpan: ReadonlyMap<string, readonly Recording[]>,
  parents: ReadonlyMap<string, string>,
): Recording {
  let root = start;
  const seen = new Set<string>();
  for (
    let spanId: string | undefined = start.span.spanId;
    spanId && !seen.has(spanId);
    spanId = parents.get(spanId)
  ) {
    seen.add(spanId);
    root =
      bySpan.get(spanId)?.find(({ span, event }) => span !== start.span || isSame(event, start.event)) ??
      root;
  }
  return root;
}

/** Twice on one span: by hand and by the span's context manager, if the stacks agree; else in a loop. */
function isSame(a: SpanEvent, b: SpanEvent): boolean {
  return stackOf(a) === stackOf(b);
}

function keyOf({ span, event }: Recording): string {
  const { attributes } = event;
  return `${span.traceId}\u0000${attributes.get('exception.type')}\u0000${attributes.get('exception.message')}`;
}

function toRaised(recording: Recording): RaisedException {
  return { ...recording, stack: stackOf(recording.event) };
}

function stackOf({ attributes }: SpanEvent): string {
  const stack = attributes.get('exception.stacktrace');
  return typeof stack === 'string' ? stack : '';
}

const longer = (a: string, b: string) => (b.length > a.length ? b : a);
