// Part of exporters/honeycomb: X-Ray replaces a document in progress by the finished one, Honeycomb keeps both. So the first one waits.
import type { Decoder } from '../../delivery/exporter.ts';
import type { Span, SpanGroup } from '../../model/otlp.ts';
import type { JournalRecord } from '../../model/signals.ts';
import { Endings } from './endings.ts';

/** Most of what is open when its segment ends, such as work after the response, ends within seconds; asked again at twice its age. */
const FIRST_LOOK_MS = 2000;
const MAX_LOOK_MS = 15_000;
/** In a backlog the finished one is a little further on. */
const LATE_WAIT_MS = 1000;

export interface InProgressOptions {
  /** Who has not told of an end for so long has none to tell: what is known is sent, marked as in progress. */
  unfinishedAfterMs: number;
  now(): number;
}

/** A document as spans. */
export interface DocumentSpans {
  /** Without those that came finished meanwhile; [] where none is left, undefined for what is no JSON object. */
  groups: readonly SpanGroup[] | undefined;
  /** Something of it is in progress: ask again at this time. */
  untilMs?: number;
}

/** `isFinal`: nothing waits. */
type InProgress = (record: JournalRecord, isFinal?: boolean) => readonly DocumentSpans[];

export function createInProgress(
  decoder: Pick<Decoder, 'segments'>,
  { unfinishedAfterMs, now }: InProgressOptions,
): InProgress {
  const endings = new Endings(2 * unfinishedAfterMs);

  /** 0 when its end is not waited for. */
  function endMs(span: Span, { receivedAtMs }: JournalRecord): number {
    const sinceMs = isOpen(span) ? endings.openSinceMs(span) : undefined;
    return sinceMs === undefined ? 0 : Math.max(receivedAtMs + unfinishedAfterMs, sinceMs + LATE_WAIT_MS);
  }

  return (record, isFinal = false) => {
    const documents = decoder.segments(record);
    const nowMs = now();
    for (const span of documents.flatMap((groups = []) => spansOf(groups))) {
      if (isOpen(span)) endings.hearOpen(span, nowMs);
      else endings.hearEnded(span);
    }
    const lookMs = Math.max(FIRST_LOOK_MS, Math.min(MAX_LOOK_MS, nowMs - record.receivedAtMs));
    return documents.map((groups) => {
      if (!groups) return { groups };
      const untilMs = Math.max(0, ...spansOf(groups).map((span) => endMs(span, record)));
      if (!isFinal && untilMs > nowMs) return { groups, untilMs: Math.min(untilMs, nowMs + lookMs) };
      return { groups: without(groups, (span) => isOpen(span) && endings.hasEnded(span)) };
    });
  };
}

const isOpen = ({ endTimeUnixNano }: Span) => endTimeUnixNano === 0n;

const spansOf = (groups: readonly SpanGroup[]) => groups.flatMap(({ spans }) => spans);

function without(groups: readonly SpanGroup[], isOut: (span: Span) => boolean): readonly SpanGroup[] {
  if (!groups.some(({ spans }) => spans.some(isOut))) return groups;
  return groups
    .map((group) => ({ ...group, spans: group.spans.filter((span) => !isOut(span)) }))
    .filter(({ spans }) => spans.length > 0);
}
