// Part of the page: the list of traces: what matches, newest first, and what waits while one has paused.
import type { StreamEvents, TraceRow } from '../../api/shapes.ts';
import { type Filter, isFiltered, mayMatch } from '../model/filter.ts';
import { place } from './address.ts';
import { fetchTraces } from './api.ts';
import { createStore } from './store.ts';

export interface TraceListState {
  /** Newest first. */
  rows: readonly TraceRow[];
  /** Arrived while paused; not shown yet. */
  held: readonly TraceRow[];
  isPaused: boolean;
  matching: number;
  kept: number;
  keepsOneIn: number;
  isLoading: boolean;
  failure: string | undefined;
  next: string | undefined;
}

const PAGE = 500;
/** What one can scroll through. Older ones are found by a filter. */
const MAX_ROWS = 5000;
const ASK_AGAIN_MS = 500;

const EMPTY: TraceListState = {
  rows: [],
  held: [],
  isPaused: false,
  matching: 0,
  kept: 0,
  keepsOneIn: 1,
  isLoading: true,
  failure: undefined,
  next: undefined,
};

export const traces = createStore<TraceListState>(EMPTY);

let asked = 0;
let askAgain: ReturnType<typeof setTimeout> | undefined;

export async function loadTraces(): Promise<void> {
  const mine = ++asked;
  try {
    const list = await fetchTraces(place.get().filter, PAGE);
    if (mine !== asked) return;
    const { matching, kept, keepsOneIn, next } = list;
    const rows = newestFirst(list.traces);
    traces.update((now) => ({
      ...now,
      rows,
      held: [],
      matching,
      kept,
      keepsOneIn,
      next,
      isLoading: false,
      failure: undefined,
    }));
  } catch (error) {
    if (mine === asked)
      traces.update((now) => ({ ...now, isLoading: false, failure: (error as Error).message }));
  }
}

export async function loadOlder(): Promise<void> {
  const { next, rows, isLoading } = traces.get();
  if (next === undefined || isLoading || rows.length >= MAX_ROWS) return;
  const mine = asked;
  traces.update((now) => ({ ...now, isLoading: true }));
  const list = await fetchTraces(place.get().filter, PAGE, next).catch(() => undefined);
  if (mine !== asked) return;
  traces.update((now) => {
    const known = new Set(now.rows.map((row) => row.id));
    const older = list?.traces.filter((row) => !known.has(row.id)) ?? [];
    return { ...now, rows: newestFirst([...now.rows, ...older]), next: list?.next, isLoading: false };
  });
}

/** New and changed rows. Which new ones match a text or an attribute only the server knows: it is asked, at most twice a second. */
export function takeTraces({ rows: incoming, kept, keepsOneIn }: StreamEvents['traces']): void {
  const { filter } = place.get();
  const changed = new Map(incoming.map((row) => [row.id, row]));
  const before = traces.get();
  // That two are one request is told with the later one; the earlier one has not changed otherwise.
  const pairs = new Map(incoming.map(({ pairedWith, id }) => [pairedWith, id]));
  const replace = (row: TraceRow) => changed.get(row.id) ?? withPair(row, pairs.get(row.id));
  const known = new Set([...before.rows, ...before.held].map((row) => row.id));
  const fresh = incoming.filter((row) => !known.has(row.id) && mayMatch(filter, row));
  const next = {
    ...before,
    kept,
    keepsOneIn,
    rows: before.rows.map(replace),
    held: before.held.map(replace),
  };
  const matching = isFiltered(filter) ? before.matching + fresh.length : kept;
  if (fresh.length === 0) traces.set(next);
  else if (needsServer(filter)) {
    traces.set(next);
    if (!before.isPaused) scheduleReload();
  } else if (before.isPaused) traces.set({ ...next, matching, held: newestFirst([...fresh, ...next.held]) });
  else traces.set({ ...next, matching, rows: newestFirst([...fresh, ...next.rows]).slice(0, MAX_ROWS) });
}

const withPair = (row: TraceRow, pairedWith: string | undefined): TraceRow =>
  pairedWith === undefined ? row : { ...row, pairedWith };

function scheduleReload(): void {
  if (askAgain === undefined) askAgain = setTimeout(reload, ASK_AGAIN_MS);
}

function reload(): void {
  askAgain = undefined;
  void loadTraces();
}

export function setPaused(isPaused: boolean): void {
  const { filter } = place.get();
  traces.update((now) => {
    if (isPaused) return { ...now, isPaused };
    return { ...now, isPaused, rows: newestFirst([...now.held, ...now.rows]).slice(0, MAX_ROWS), held: [] };
  });
  if (!isPaused && isFiltered(filter)) void loadTraces();
}

const needsServer = (filter: Filter) => filter.q !== undefined || filter.attr.length > 0;

/** By their start, which is the time that is shown. */
function newestFirst(rows: readonly TraceRow[]): TraceRow[] {
  return rows.toSorted((a, b) => compare(b.startUnixNano, a.startUnixNano) || (a.id < b.id ? -1 : 1));
}

/** Decimal digits without leading zeros. */
const compare = (a: string, b: string) => a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
