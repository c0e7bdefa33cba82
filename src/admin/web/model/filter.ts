// Part of the page: the filter of the list. It lives in the address, so that a view can be pasted into a ticket.

import type { DestinationId } from '../../../model/signals.ts';
import { DESTINATION_IDS } from '../../../model/signals.ts';
import type { TraceRow } from '../../api/shapes.ts';
import { lacks } from './chips.ts';
import { unixMs } from './format.ts';

export interface Box {
  fromMs: number;
  toMs: number;
  minMs: number;
  maxMs: number;
}

export interface Filter {
  q?: string;
  service?: string;
  route?: string;
  /** 500, or a class: 5xx. */
  status?: string;
  /** Milliseconds. */
  min?: number;
  attr: readonly string[];
  errors?: true;
  lacks?: DestinationId;
  box?: Box;
}

export function parseFilter(search: string): Filter {
  const query = new URLSearchParams(search);
  const text = (name: string) => query.get(name)?.trim() || undefined;
  const number = (name: string) => {
    const value = query.get(name);
    return value !== null && value !== '' && Number.isFinite(Number(value)) ? Number(value) : undefined;
  };
  const [fromMs, toMs, minMs, maxMs] = [number('from'), number('to'), number('minMs'), number('maxMs')];
  const hasBox = fromMs !== undefined && toMs !== undefined && minMs !== undefined && maxMs !== undefined;
  const [q, service, route, status, min] = [
    text('q'),
    text('service'),
    text('route'),
    text('status'),
    number('min'),
  ];
  const destination = DESTINATION_IDS.find((id) => id === query.get('lacks'));
  return {
    attr: query.getAll('attr').filter((pair) => /^[^=]+=/.test(pair)),
    ...(q && { q }),
    ...(service && { service }),
    ...(route && { route }),
    ...(status && { status }),
    ...(min !== undefined && min > 0 && { min }),
    ...(query.get('errors') === '1' && { errors: true as const }),
    ...(destination && { lacks: destination }),
    ...(hasBox && { box: { fromMs, toMs, minMs, maxMs } }),
  };
}

/** The query of the address and of `GET /api/traces`: they are the same. */
export function filterQuery(filter: Filter): URLSearchParams {
  const query = new URLSearchParams();
  const { q, service, route, status, min, box } = filter;
  for (const [name, value] of Object.entries({ q, service, route, status }))
    if (value) query.set(name, value);
  if (min) query.set('min', String(min));
  for (const pair of filter.attr) query.append('attr', pair);
  if (filter.errors) query.set('errors', '1');
  if (filter.lacks) query.set('lacks', filter.lacks);
  if (box) {
    query.set('from', String(Math.round(box.fromMs)));
    query.set('to', String(Math.round(box.toMs)));
    query.set('minMs', String(round4(box.minMs)));
    query.set('maxMs', String(round4(box.maxMs)));
  }
  return query;
}

export const isFiltered = (filter: Filter): boolean => filterQuery(filter).size > 0;

/** What the page can tell by itself; text and attributes are asked of the server. */
export function mayMatch(filter: Filter, row: TraceRow): boolean {
  const { service, route, status, min, box } = filter;
  if (service && !row.services.includes(service)) return false;
  if (route && row.route !== route && row.name !== route) return false;
  if (status && !statusMatches(status, row.statusCode)) return false;
  if (min && row.durationMs < min) return false;
  if (filter.errors && row.errors === 0) return false;
  if (filter.lacks && !lacks(row.chips[filter.lacks])) return false;
  if (!box) return true;
  const startMs = unixMs(row.startUnixNano);
  const isInTime = startMs >= box.fromMs && startMs < box.toMs;
  return isInTime && row.durationMs >= box.minMs && row.durationMs < box.maxMs;
}

function statusMatches(wanted: string, code: number | undefined): boolean {
  if (code === undefined) return false;
  return /^[1-5]xx$/i.test(wanted) ? String(code)[0] === wanted[0] : String(code) === wanted;
}

function round4(value: number): number {
  return Number(value.toPrecision(4));
}
