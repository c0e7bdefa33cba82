// Part of the page: the opened trace with its spans, asked for again when the stream says that it changed.
import type { Trace } from '../../api/shapes.ts';
import { fetchTrace } from './api.ts';
import { createStore } from './store.ts';

export interface Opened {
  id: string;
  trace: Trace | undefined;
  failure: string | undefined;
}

export const opened = createStore<Opened | undefined>(undefined);

const AGAIN_MS = 400;
let again: ReturnType<typeof setTimeout> | undefined;

export function showTrace(id: string | undefined): void {
  if (opened.get()?.id === id) return;
  clearTimeout(again);
  again = undefined;
  opened.set(id === undefined ? undefined : { id, trace: undefined, failure: undefined });
  if (id !== undefined) void load(id);
}

export function traceChanged(id: string, version: number): void {
  const now = opened.get();
  if (now?.id !== id || (now.trace && now.trace.row.version >= version)) return;
  again ??= setTimeout(() => {
    again = undefined;
    void load(id);
  }, AGAIN_MS);
}

async function load(id: string): Promise<void> {
  try {
    const trace = await fetchTrace(id);
    opened.update((now) => (now?.id === id ? { id, trace, failure: undefined } : now));
  } catch (error) {
    const failure = (error as Error).message;
    opened.update((now) => (now?.id === id ? { ...now, failure } : now));
  }
}
