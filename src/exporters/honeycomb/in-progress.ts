// Part of exporters/honeycomb: X-Ray replaces a document in progress by the finished one, Honeycomb keeps both. So the first one waits.
import type { Decoder } from '../../delivery/exporter.ts';
import type { Span, SpanGroup } from '../../model/otlp.ts';
import type { JournalRecord } from '../../model/signals.ts';

/** SDKs embed what is still open when its segment ends, such as work after the response, and send it again when it ends. */
const WAIT_MS = 10_000;
/** Where nobody waits any more, as in a backlog, the finished one is a little further on. */
const LATE_WAIT_MS = 1000;
/** About 150 bytes each; what is forgotten is sent twice. */
const MAX_REMEMBERED = 2000;

export interface InProgress {
  /** By document, without spans that came finished meanwhile; [] where none is left. */
  segments(record: JournalRecord): readonly (readonly SpanGroup[] | undefined)[];
  /** For a record with a span in progress of which no end is known. */
  holdUntilMs(record: JournalRecord, nowMs: number): number | undefined;
}

export function createInProgress(decoder: Pick<Decoder, 'segments'>): InProgress {
  /** By trace and span: whether what was in progress has ended. The oldest is first. */
  const hasEnded = new Map<string, boolean>();

  function hear(span: Span): void {
    const isOpen = span.endTimeUnixNano === 0n;
    if (!isOpen && hasEnded.size === 0) return;
    const key = keyOf(span);
    const known = hasEnded.get(key);
    if (isOpen ? known !== undefined : known === undefined) return;
    hasEnded.set(key, !isOpen);
    const [oldest] = hasEnded.keys();
    if (hasEnded.size > MAX_REMEMBERED && oldest !== undefined) hasEnded.delete(oldest);
  }
  const isReplaced = (span: Span) => span.endTimeUnixNano === 0n && hasEnded.get(keyOf(span)) === true;

  function heard(record: JournalRecord): readonly (readonly SpanGroup[] | undefined)[] {
    const documents = decoder.segments(record);
    for (const groups of documents)
      for (const group of groups ?? []) for (const span of group.spans) hear(span);
    return documents;
  }

  function isWaiting(record: JournalRecord): boolean {
    try {
      const spans = heard(record).flatMap((groups = []) => groups.flatMap((group) => group.spans));
      return spans.some((span) => span.endTimeUnixNano === 0n && !isReplaced(span));
    } catch {
      // What cannot be read is the encoder's to refuse.
      return false;
    }
  }

  return {
    segments: (record) => heard(record).map((groups) => groups && without(groups, isReplaced)),
    holdUntilMs(record, nowMs) {
      if (record.signal !== 'segments' || !isWaiting(record)) return undefined;
      return Math.max(record.receivedAtMs + WAIT_MS, nowMs + LATE_WAIT_MS);
    },
  };
}

const keyOf = ({ traceId, spanId }: Span) => `${traceId}${spanId}`;

function without(groups: readonly SpanGroup[], isOut: (span: Span) => boolean): readonly SpanGroup[] {
  if (!groups.some(({ spans }) => spans.some(isOut))) return groups;
  return groups
    .map((group) => ({ ...group, spans: group.spans.filter((span) => !isOut(span)) }))
    .filter(({ spans }) => spans.length > 0);
}
