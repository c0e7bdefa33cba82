// Part of correlation: which exceptions were told of already: by a span around or inside, a log record, the other SDK's document.
import { wordsOf } from './exception-words.ts';

/** About 500 bytes each. What tells of one request arrives within seconds of each other; what is forgotten is reported twice. */
const MAX_REMEMBERED = 2000;

/** Deeper than frameworks nest spans that record, and more than a trace has different ones of; more are not looked for. */
const MAX_SPANS = 32;

/** One telling of an exception. */
export interface Account {
  source: 'span' | 'segment' | 'log';
  /** The record's, the document's or the log record's: the same one read again gets the same answer. */
  place: string;
  /** Of the request: the same for both SDKs where its pair is known. '' is no trace. */
  traceId: string;
  spanId: string;
  type: string;
  message: string;
  stack: string;
  /** The higher, the worse. */
  severity: number;
  /** Who is inside whom, of the spans that are at hand. */
  parents: ReadonlyMap<string, string>;
}

interface Report extends Pick<Account, 'source' | 'place' | 'severity'> {
  /** The span that it was reported with, and those that told of it again. */
  spanIds: string[];
  /** For each of these the nearest span around it that was not at hand yet. */
  outerIds: string[];
}

/** Best effort and bounded. The first account wins, for it may be on its way already. */
export class ReportedExceptions {
  readonly #reports = new Map<string, Report[]>();
  #size = 0;

  /** True when an earlier account told of this exception; else this one is remembered. */
  isKnown(account: Account): boolean {
    if (account.traceId === '') return false;
    const { source, place, spanId, parents } = account;
    const keys = wordsOf(account).map((words) => `${account.traceId}\u0000${words}`);
    const reports = new Set(keys.flatMap((key) => this.#reports.get(key) ?? []));
    for (const report of reports)
      if (report.source === source && report.place === place && report.spanIds.includes(spanId)) return false;
    const outerId = climb(spanId, parents, () => false).id;
    for (const report of reports) {
      if (report.source !== source) {
        if (isAsBad(report, account)) return true;
      } else if (isNested(report, account)) {
        if (!report.spanIds.includes(spanId) && report.spanIds.length < MAX_SPANS) {
          report.spanIds.push(spanId);
          report.outerIds.push(outerId);
        }
        return true;
      }
    }
    const report = { source, place, severity: account.severity, spanIds: [spanId], outerIds: [outerId] };
    for (const key of keys) this.#remember(key, report);
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

/** What a span got over may be an error to who logs it, and must be told as one. X-Ray knows no such difference. */
function isAsBad(report: Report, { source, severity }: Account): boolean {
  return (report.source !== 'log' && source !== 'log') || report.severity >= severity;
}

/** Of one source, accounts of one exception are nested: what a sibling raised, or what is logged again, is another. */
function isNested({ place, spanIds, outerIds }: Report, account: Account): boolean {
  if (account.source === 'log' || place === account.place) return false;
  const { spanId, parents } = account;
  const isInside = climb(spanId, parents, (id) => spanIds.includes(id)).found;
  return isInside || outerIds.some((from) => climb(from, parents, (id) => id === spanId).found);
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
