// Part of the page: where one is. The address holds the view, the opened trace and span, and the filter.
import { DESTINATION_IDS, type DestinationId } from '../../../model/signals.ts';
import { type Filter, filterQuery, parseFilter } from '../model/filter.ts';
import { createStore } from './store.ts';

export type View = 'traces' | 'logs' | 'pipeline';

export interface Place {
  view: View;
  filter: Filter;
  /** The opened trace. */
  traceId?: string;
  spanId?: string;
  /** The side panel's tab: a destination, or the span itself. */
  tab?: DestinationId;
}

export const place = createStore<Place>(read());

addEventListener('popstate', () => place.set(read()));

function read(): Place {
  const { pathname, search } = location;
  const query = new URLSearchParams(search);
  const traceId = /^\/traces\/([^/]+)$/.exec(pathname)?.[1];
  const view = pathname === '/logs' ? 'logs' : pathname === '/pipeline' ? 'pipeline' : 'traces';
  const spanId = query.get('span');
  const tab = DESTINATION_IDS.find((id) => id === query.get('sent'));
  return {
    view,
    filter: parseFilter(search),
    ...(traceId && { traceId: decodeURIComponent(traceId) }),
    ...(traceId && spanId && { spanId }),
    ...(traceId && tab && { tab }),
  };
}

export function addressOf({ view, filter, traceId, spanId, tab }: Place): string {
  const query = view === 'traces' ? filterQuery(filter) : new URLSearchParams();
  if (traceId && spanId) query.set('span', spanId);
  if (traceId && tab) query.set('sent', tab);
  const path = view !== 'traces' ? `/${view}` : traceId ? `/traces/${encodeURIComponent(traceId)}` : '/';
  return query.size > 0 ? `${path}?${query}` : path;
}

/** `replace`: one does not want to go back to it, as with every span that was walked over. */
export function go(next: Place, how: 'push' | 'replace' = 'push'): void {
  const address = addressOf(next);
  if (address !== location.pathname + location.search) {
    if (how === 'push') history.pushState(null, '', address);
    else history.replaceState(null, '', address);
  }
  place.set(next);
}

/** Undefined: anything. */
export function setFilter<K extends keyof Filter>(name: K, value: Filter[K] | undefined): void {
  const filter: Filter = { ...place.get().filter };
  if (value === undefined) delete filter[name];
  else filter[name] = value;
  go({ ...place.get(), view: 'traces', filter }, 'replace');
}

/** One more attribute that must have this value. */
export function filterByAttribute(key: string, value: string): void {
  const { filter } = place.get();
  const pair = `${key}=${value}`;
  if (!filter.attr.includes(pair)) setFilter('attr', [...filter.attr, pair]);
}

export function openTrace(traceId: string, more: Pick<Place, 'spanId' | 'tab'> = {}): void {
  // Walking over spans leaves no trail to go back through.
  const how = place.get().traceId === traceId ? 'replace' : 'push';
  go({ view: 'traces', filter: place.get().filter, traceId, ...more }, how);
}

export function closeTrace(): void {
  go({ view: 'traces', filter: place.get().filter });
}

export function clearFilter(): void {
  const { traceId } = place.get();
  go({ view: 'traces', filter: parseFilter(''), ...(traceId && { traceId }) }, 'replace');
}
