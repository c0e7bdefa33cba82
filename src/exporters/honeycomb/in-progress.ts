// Part of exporters/honeycomb: X-Ray replaces a document in progress by the finished one, Honeycomb keeps both. So the first one waits.
import type { Decoder } from '../../delivery/exporter.ts';
import type { Span, SpanGroup } from '../../model/otlp.ts';
import type { Shelved } from '../../model/shelf.ts';
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

/** What becomes of a document: nothing of all that for what is no JSON object. */
export interface DocumentState {
  /** Its spans, without those that came finished meanwhile. */
  shelved?: Shelved | undefined;
  /** None is left. */
  isReplaced?: boolean;
  /** Something of it is in progress: ask again at this time. */
  untilMs?: number;
}

type Encode = (groups: readonly SpanGroup[]) => Shelved;

/** `isFinal`: nothing waits. Most documents are finished: these are encoded as they are read, and nothing of them is kept. */
type InProgress = (record: JournalRecord, encode: Encode, isFinal?: boolean) => readonly DocumentState[];

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

  /** True when something of it is open. */
  function hear(groups: readonly SpanGroup[], nowMs: number): boolean {
    let hasOpen = false;
    for (const { spans } of groups)
      for (const span of spans) {
        if (isOpen(span)) endings.hearOpen(span, nowMs);
        else endings.hearEnded(span);
        hasOpen ||= isOpen(span);
      }
    return hasOpen;
  }

  return (record, encode, isFinal = false) => {
    const nowMs = now();
    const lookMs = Math.max(FIRST_LOOK_MS, Math.min(MAX_LOOK_MS, nowMs - record.receivedAtMs));
    const states: DocumentState[] = [];
    /** Their ends may be further on in the record. */
    const open = new Map<number, readonly SpanGroup[]>();
    for (const groups of decoder.segments(record)) {
      const hasOpen = groups !== undefined && hear(groups, nowMs);
      if (hasOpen) open.set(states.length, groups);
      states.push(hasOpen || !groups ? {} : { shelved: encode(groups) });
    }
    for (const [index, groups] of open) {
      const untilMs = Math.max(0, ...spansOf(groups).map((span) => endMs(span, record)));
      if (!isFinal && untilMs > nowMs) {
        states[index] = { untilMs: Math.min(untilMs, nowMs + lookMs) };
        continue;
      }
      const left = without(groups, (span) => isOpen(span) && endings.hasEnded(span));
      states[index] = left.length === 0 ? { isReplaced: true } : { shelved: encode(left) };
    }
    return states;
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
