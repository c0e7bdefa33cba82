// Part of correlation: which exceptions were reported with an earlier request, so that what outer spans recorded of them is known.
import type { NotableSpans } from '../model/otlp.ts';
import type { RaisedException } from './exceptions.ts';

/** About 300 bytes each. Spans of one request arrive within seconds of each other; what is forgotten is reported twice. */
const MAX_REMEMBERED = 2000;

/** Deeper than frameworks nest spans that record, and more than a trace has different ones of; more are not looked for. */
const MAX_SPANS = 32;

interface Report {
  place: string;
  /** The span that it was reported with, and those that told of it again. */
  spanIds: string[];
  /** For each of these the nearest span around it that was not at hand yet. */
  outerIds: string[];
}

/** Best effort and bounded. The first account wins, for it may be on its way already. */
export class ReportedExceptions {
  readonly #reports = new Map<string, Report[]>();
  #size = 0;

  /**
   * True when an earlier record told of this exception: its span is around the one that was reported, or inside it. What a sibling
   * raised is another. `place` is the record's, or the document's: the same one read again gets the same answer.
   */
  isKnown(raised: RaisedException, notable: NotableSpans, place: string): boolean {
    const key = keyOf(raised);
    const parents = notable.parents();
    const reports = this.#reports.get(key) ?? [];
    const { spanId } = raised.span;
    const outerId = climb(spanId, parents, () => false).id;
    for (const { place: reportedAt, spanIds, outerIds } of reports) {
      if (reportedAt === place) continue;
      const isInside = climb(spanId, parents, (id) => spanIds.includes(id)).found;
      const isAround = outerIds.some((from) => climb(from, parents, (id) => id === spanId).found);
      if (!isInside && !isAround) continue;
      if (!spanIds.includes(spanId) && spanIds.length < MAX_SPANS) {
        spanIds.push(spanId);
        outerIds.push(outerId);
      }
      return true;
    }
    const isOwn = reports.some((report) => report.place === place && report.spanIds.includes(spanId));
    if (!isOwn) this.#remember(key, { place, spanIds: [spanId], outerIds: [outerId] });
    return false;
  }

  #remember(key: string, report: Report): void {
    const reports = this.#reports.get(key) ?? [];
    if (reports.length >= MAX_SPANS) return;
    this.#reports.delete(key);
    this.#reports.set(key, [...reports, report]);
    this.#size += 1;
    for (const [oldest, old] of this.#reports) {
      if (this.#size <= MAX_REMEMBERED) break;
      this.#reports.delete(oldest);
      this.#size -= old.length;
    }
  }
}

/** From a span outwards as far as parents are at hand: whether one is met that is looked for, and where it ends. */
function climb(
  from: string,
  parents: ReadonlyMap<string, string>,
  isIt: (spanId: string) => boolean,
): { found: boolean; id: string } {
  const seen = new Set<string>();
  let id = from;
  while (id !== '' && !seen.has(id)) {
    if (isIt(id)) return { found: true, id };
    seen.add(id);
    const parent = parents.get(id);
    if (parent === undefined) break;
    id = parent;
  }
  return { found: false, id };
}

function keyOf({ span, event }: RaisedException): string {
  const { attributes } = event;
  return `${span.traceId}\u0000${attributes.get('exception.type')}\u0000${attributes.get('exception.message')}`;
}
