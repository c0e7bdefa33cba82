// Part of recent: what somebody sees who looks. Long answers are made in pieces, so that receiving goes on meanwhile.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import { groupBy } from '../model/group-by.ts';
import type { DestinationId } from '../model/signals.ts';
import type { Choice } from './choice.ts';
import { Comparing } from './compare.ts';
import { DecodedItems, keyOf } from './decoded.ts';
import { Deliveries } from './deliveries.ts';
import { type Again, recordAgain, toOtlpJson } from './excerpt.ts';
import type { Heat } from './heat.ts';
import type { KeptTrace } from './kept.ts';
import { type Box, isInBox, type LogQuery, logMatches, matches, type TraceQuery } from './query.ts';
import { logRow, nameOf, rootOf, spanRow, traceRow } from './rows.ts';
import type { Comparison, Heatmap, LogRow, SpanRow, Trace, TraceList, TraceRow } from './shapes.ts';
import type { Store } from './store.ts';

export interface ViewsParts {
  store: Store;
  heat: Heat;
  ledger: Ledger;
  destinations: readonly DestinationId[];
  clock: Clock;
  choice: Choice;
}

export interface Changes {
  rows: readonly TraceRow[];
  logs: readonly LogRow[];
  /** Where the next look goes on. */
  version: number;
}

/** About as many as make 1 ms. */
const SPANS_PER_TURN = 100;
/** Beyond this many the newest are compared. */
const MAX_COMPARED = 2000;

export class Views {
  readonly #store: Store;
  readonly #heat: Heat;
  readonly #clock: Clock;
  readonly #choice: Choice;
  readonly #items = new DecodedItems();
  readonly #deliveries: Deliveries;
  #spansThisTurn = 0;

  constructor({ store, heat, ledger, destinations, clock, choice }: ViewsParts) {
    this.#store = store;
    this.#heat = heat;
    this.#clock = clock;
    this.#choice = choice;
    this.#deliveries = new Deliveries(ledger, destinations);
  }

  get version(): number {
    return this.#store.version;
  }

  get size(): { traces: number; logs: number; bytes: number; maxBytes: number; keepsOneIn: number } {
    const { traces, logItems, bytes, maxBytes } = this.#store;
    return { traces: traces.size, logs: logItems, bytes, maxBytes, keepsOneIn: this.#choice.keepsOneIn };
  }

  /** Newest first; `before`: the id of the last one of the page before. */
  async traces(query: TraceQuery, limit: number, before?: string): Promise<TraceList> {
    const found: TraceRow[] = [];
    let matching = 0;
    let isBehind = before === undefined;
    for (const trace of this.#newestFirst()) {
      const row = await this.#row(trace);
      if (!matches(query, row, () => this.#items.spansOf(trace))) continue;
      matching += 1;
      if (isBehind && found.length <= limit) found.push(row);
      if (trace.id === before) isBehind = true;
    }
    const traces = found.slice(0, limit);
    const last = found.length > limit ? traces.at(-1) : undefined;
    const { traces: kept, keepsOneIn } = this.size;
    return { traces, matching, kept, keepsOneIn, ...(last && { next: last.id }) };
  }

  async trace(id: string): Promise<Trace | undefined> {
    const trace = this.#store.traces.get(id);
    if (!trace) return undefined;
    const row = await this.#row(trace);
    const seen = this.#items.spansOf(trace);
    const accounts = trace.isReplayed ? groupBy(this.#items.accountsOf(trace), keyOf) : undefined;
    const spans: SpanRow[] = [];
    for (const one of seen) {
      spans.push(spanRow(one, this.#deliveries.ofAccounts(accounts?.get(keyOf(one)) ?? [one])));
      await this.#rest(1);
    }
    const root = rootOf(seen);
    const rank = root && this.#heat.routes.rank(nameOf(root), row.durationMs, this.#clock.now());
    return {
      row,
      spans: spans.sort((a, b) => compareNumbers(BigInt(a.startUnixNano), BigInt(b.startUnixNano))),
      logs: this.#items.logsOf(trace).map((one) => logRow(one, this.#deliveries)),
      links: {},
      ...(rank && { rank }),
    };
  }

  otlpJson(id: string): { resourceSpans: unknown[] } | undefined {
    const trace = this.#store.traces.get(id);
    return trace && toOtlpJson(trace);
  }

  /** A span as a record that an exporter can encode. */
  again(traceId: string, spanId: string): Again | undefined {
    const trace = this.#store.traces.get(traceId);
    const seen = trace && this.#items.spansOf(trace).find(({ span }) => span.spanId === spanId);
    return seen && recordAgain(trace, seen.kept, seen.item);
  }

  /** Newest first. */
  async logs(query: LogQuery, limit: number): Promise<LogRow[]> {
    const rows: LogRow[] = [];
    for (const kept of [...this.#store.logs].reverse()) {
      for (let item = kept.owners.length - 1; item >= 0; item--) {
        if (rows.length >= limit) return rows;
        await this.#rest(1);
        const seen = kept.place && this.#items.log(kept, item);
        const row = seen && logRow(seen, this.#deliveries);
        if (row && logMatches(query, row, seen)) rows.push(row);
      }
    }
    return rows;
  }

  heatmap(): Heatmap {
    return this.#heat.map(this.#clock.now());
  }

  async compare(box: Box): Promise<Comparison> {
    const comparing = new Comparing();
    let left = MAX_COMPARED;
    for (const trace of this.#newestFirst()) {
      if (left-- === 0) break;
      const row = await this.#row(trace);
      comparing.add(this.#items.spansOf(trace), isInBox(box, row));
      await this.#rest(row.spans);
    }
    return comparing.result();
  }

  /** What is new or has changed since that version: the newest `limit` of each, oldest first. */
  async since(version: number, limit: number): Promise<Changes> {
    const now = this.#store.version;
    const rows: TraceRow[] = [];
    for (const trace of this.#newestFirst()) {
      if (rows.length >= limit) break;
      if (trace.lastVersion > version) rows.push(await this.#row(trace));
    }
    const logs: LogRow[] = [];
    for (const kept of [...this.#store.logs].reverse()) {
      if (kept.version <= version) continue;
      for (let item = kept.owners.length - 1; item >= 0 && logs.length < limit; item--) {
        const seen = kept.place && this.#items.log(kept, item);
        if (seen) logs.push(logRow(seen, this.#deliveries));
        await this.#rest(1);
      }
    }
    return { rows: rows.reverse(), logs: logs.reverse(), version: now };
  }

  /** Whoever looks takes his time: what has made room meanwhile is left out. */
  *#newestFirst(): Generator<KeptTrace> {
    for (const trace of [...this.#store.traces.values()].reverse())
      if (this.#store.traces.get(trace.id) === trace) yield trace;
  }

  async #row(trace: KeptTrace): Promise<TraceRow> {
    const isKnown = trace.row?.version === trace.lastVersion;
    const row = traceRow(trace, this.#items, this.#deliveries);
    if (!isKnown) await this.#rest(row.spans);
    return row;
  }

  async #rest(spans: number): Promise<void> {
    this.#spansThisTurn += spans;
    if (this.#spansThisTurn < SPANS_PER_TURN) return;
    this.#spansThisTurn = 0;
    await endOfTurn();
  }
}

function compareNumbers(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
