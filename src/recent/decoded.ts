// Part of recent: what is kept as objects, for as long as somebody looks. Nothing outside keeps one.
import { decodeSegments, Shared } from '../delivery/decoder.ts';
import type { LogGroup, LogRecord, Resource, Scope, Span, SpanGroup } from '../model/otlp.ts';
import { decodeLogs, decodeTraces } from '../protocols/otlp/decode.ts';
import type { Kept, KeptTrace } from './kept.ts';
import type { Came } from './shapes.ts';

/** Decoded records of this many bytes on the wire, to walk through a list without decoding anything twice. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A span, and which item of which record it came in. */
export interface SeenSpan {
  span: Span;
  resource: Resource;
  scope: Scope;
  came: Came;
  kept: Kept;
  /** Among those kept of the record. */
  item: number;
}

export interface SeenLog {
  log: LogRecord;
  resource: Resource;
  scope: Scope;
  kept: Kept;
  item: number;
}

/** The same span again has the same one. */
export const keyOf = ({ came, span }: SeenSpan) => came + span.spanId;

export class DecodedItems {
  readonly #spans = new Shared((payload) => decodeTraces(payload).flatMap(placedSpans), MAX_BYTES);
  readonly #documents = new Shared((payload) => [...decodeSegments(payload)], MAX_BYTES);
  readonly #logs = new Shared((payload) => decodeLogs(payload).flatMap(placedLogs), MAX_BYTES);

  /** In the order of arrival; of a span that came again (in progress, then complete) the last. A replay is no news. */
  spansOf(trace: KeptTrace): readonly SeenSpan[] {
    const spans = new Map<string, SeenSpan>();
    for (const one of this.accountsOf(trace)) {
      const key = keyOf(one);
      const before = spans.get(key);
      const isNews = one.span.endTimeUnixNano !== 0n || before?.span.endTimeUnixNano === 0n;
      if (before && (one.kept.origin.only || !isNews)) continue;
      spans.set(key, one);
    }
    return [...spans.values()];
  }

  /** Every time that each span came. */
  *accountsOf(trace: KeptTrace): IterableIterator<SeenSpan> {
    for (const kept of trace.parts) {
      if (kept.signal === 'traces') {
        const all = this.#spans.of(kept);
        for (const item of kept.itemsOf(trace)) {
          const placed = all[item];
          if (placed) yield { ...placed, came: 'otlp', kept, item };
        }
      } else if (kept.signal === 'segments') {
        const all = this.#documents.of(kept);
        for (const item of kept.itemsOf(trace))
          for (const group of all[item] ?? [])
            for (const placed of placedSpans(group)) yield { ...placed, came: 'xray', kept, item };
      }
    }
  }

  logsOf(trace: KeptTrace): readonly SeenLog[] {
    return trace.parts.flatMap((kept) =>
      kept.signal === 'logs' ? [...kept.itemsOf(trace)].flatMap((item) => this.log(kept, item) ?? []) : [],
    );
  }

  log(kept: Kept, item: number): SeenLog | undefined {
    const placed = this.#logs.of(kept)[item];
    return placed && { ...placed, kept, item };
  }
}

const placedSpans = ({ resource, scope, spans }: SpanGroup) =>
  spans.map((span) => ({ span, resource, scope }));
const placedLogs = ({ resource, scope, records }: LogGroup) =>
  records.map((log) => ({ log, resource, scope }));
