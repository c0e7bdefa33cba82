// Part of the page: the stream. It connects again by itself, and what was missed in between is asked for.
import type { DestinationId } from '../../../model/signals.ts';
import type { Heatmap, LogRow, Pipeline, StreamEvents } from '../../api/shapes.ts';
import { fetchLogs } from './api.ts';
import { createStore } from './store.ts';

export type Connection = 'connecting' | 'live' | 'disconnected';

export const connection = createStore<Connection>('connecting');
export const heatmap = createStore<Heatmap | undefined>(undefined);
export const pipeline = createStore<Pipeline | undefined>(undefined);
/** Newest first; undefined until they are known. */
export const logs = createStore<readonly LogRow[] | undefined>(undefined);
export const MAX_LOGS = 2000;

const AGAIN_MS = 1000;

interface Listener {
  onTraces(event: StreamEvents['traces']): void;
  /** Also after a pause: everything may have changed. */
  onConnected(): void;
}

export function connect(listener: Listener): void {
  const source = new EventSource('/api/stream');
  const on = <K extends keyof StreamEvents>(name: K, use: (event: StreamEvents[K]) => void) =>
    source.addEventListener(name, (event) => use(JSON.parse(event.data as string) as StreamEvents[K]));
  source.addEventListener('open', () => {
    connection.set('live');
    listener.onConnected();
    void loadLogs();
  });
  on('traces', listener.onTraces);
  on('heatmap', heatmap.set);
  on('pipeline', (event) => {
    keepRates(event);
    pipeline.set(event);
  });
  on('logs', ({ rows }) => logs.update((now = []) => merged(rows, now)));
  source.addEventListener('error', () => {
    connection.set('disconnected');
    // A closed one does not try again by itself; the other kind does so at its own pace, which may be slow.
    source.close();
    setTimeout(() => connect(listener), AGAIN_MS);
  });
}

async function loadLogs(): Promise<void> {
  const loaded = await fetchLogs(MAX_LOGS).catch(() => undefined);
  if (loaded) logs.update((now = []) => merged(now, loaded.logs));
}

function merged(newer: readonly LogRow[], older: readonly LogRow[]): readonly LogRow[] {
  const byId = new Map<string, LogRow>();
  for (const row of [...older, ...newer]) byId.set(row.id, row);
  const rows = [...byId.values()].sort((a, b) => (a.timeUnixNano < b.timeUnixNano ? 1 : -1));
  return rows.slice(0, MAX_LOGS);
}

export const isDestinationOn = (now: Pipeline | undefined, id: DestinationId): boolean =>
  now !== undefined && now.status.destinations[id].state !== 'off';

/** What the throughput chart shows: the last five minutes, one point a second. */
export interface RatePoint {
  atMs: number;
  received: number;
  delivered: Readonly<Record<string, number>>;
}

export const rates: RatePoint[] = [];
const MAX_RATES = 300;

function keepRates({ nowMs, receivers, destinations }: Pipeline): void {
  const received = Object.values(receivers).reduce(
    (sum, { acceptedPerSecond }) => sum + acceptedPerSecond,
    0,
  );
  const delivered = Object.fromEntries(
    Object.entries(destinations).map(([id, { deliveredPerSecond }]) => [id, deliveredPerSecond]),
  );
  rates.push({ atMs: nowMs, received, delivered });
  if (rates.length > MAX_RATES) rates.shift();
}
