// Part of the page: what it asks of its server. Everything comes from where the page came from.

import type { ReplayLine } from '../../../intake/replay/report.ts';
import type { DestinationId } from '../../../model/signals.ts';
import type { DeadLetterList } from '../../api/dead-letters.ts';
import type { Comparison, Heatmap, LogRow, Pipeline, Sent, Trace, TraceList } from '../../api/shapes.ts';
import { type Box, type Filter, filterQuery } from '../model/filter.ts';

async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (response.ok) return response;
  const body = await response.text();
  throw new Error(messageIn(body) ?? `${response.status} for ${path}`);
}

function messageIn(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message : undefined;
  } catch {
    return undefined;
  }
}

const json = async <T>(path: string): Promise<T> => (await (await get(path)).json()) as T;

const tracePath = (id: string) => `/api/traces/${encodeURIComponent(id)}`;

export function fetchTraces(filter: Filter, limit: number, before?: string): Promise<TraceList> {
  const query = filterQuery(filter);
  query.set('limit', String(limit));
  if (before !== undefined) query.set('before', before);
  return json(`/api/traces?${query}`);
}

export const fetchTrace = (id: string): Promise<Trace> => json(tracePath(id));
export const fetchHeatmap = (): Promise<Heatmap> => json('/api/heatmap');
export const fetchPipeline = (): Promise<Pipeline> => json('/api/pipeline');
export const fetchLogs = (limit: number): Promise<{ logs: readonly LogRow[] }> =>
  json(`/api/logs?limit=${limit}`);
export const fetchDeadLetters = (): Promise<DeadLetterList> => json('/api/dead-letters?newest=50');

export const fetchSent = (trace: string, span: string, to: DestinationId): Promise<Sent> =>
  json(`${tracePath(trace)}/spans/${encodeURIComponent(span)}/sent/${to}`);

export function fetchComparison(box: Box): Promise<Comparison> {
  return json(`/api/compare?${filterQuery({ attr: [], box })}`);
}

export const otlpPath = (id: string): string => `${tracePath(id)}.otlp.json`;
export const markdownPath = (id: string): string => `${tracePath(id)}.md`;
export const fetchText = async (path: string): Promise<string> => (await get(path)).text();

/** Sends dead letters again, and says what became of each as it becomes known. */
export async function replay(
  choice: { destination: DestinationId; reason?: string; id?: string },
  onLine: (line: ReplayLine) => void,
): Promise<void> {
  const query = new URLSearchParams({ ...choice, wait: '15s' });
  const response = await fetch(`/api/dead-letters/replay?${query}`, {
    method: 'POST',
    headers: { 'x-sidecast': '1' },
  });
  if (!response.ok || !response.body) {
    throw new Error(messageIn(await response.text()) ?? `nothing was sent: ${response.status}`);
  }
  let rest = '';
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value = '' } = await reader.read();
    const lines = (rest + value).split('\n');
    rest = done ? '' : (lines.pop() ?? '');
    for (const line of lines) if (line !== '') onLine(JSON.parse(line) as ReplayLine);
    if (done) return;
  }
}
