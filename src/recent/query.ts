// Part of recent: which traces and log records somebody wants to see.
import type { DestinationId } from '../model/signals.ts';
import type { SeenLog, SeenSpan } from './decoded.ts';
import type { Chip, ItemState, LogRow, TraceRow } from './shapes.ts';
import { textOfValue } from './values.ts';

/** A rectangle of the heat map. */
export interface Box {
  fromMs?: number | undefined;
  toMs?: number | undefined;
  minMs?: number | undefined;
  maxMs?: number | undefined;
}

export interface TraceQuery extends Box {
  service?: string | undefined;
  route?: string | undefined;
  /** `404`, or a class of them: `5xx`. */
  status?: string | undefined;
  text?: string | undefined;
  attributes?: readonly { key: string; value: string }[] | undefined;
  hasErrors?: boolean | undefined;
  /** Where something of it is not delivered. */
  lacks?: DestinationId | undefined;
}

export interface LogQuery {
  service?: string | undefined;
  text?: string | undefined;
  traceId?: string | undefined;
  leastSeverity?: number | undefined;
}

const OPEN: readonly ItemState[] = ['queued', 'retrying', 'blocked', 'rejected', 'dropped'];

/** `spans` is asked only when nothing of the row decides. */
export function matches(query: TraceQuery, row: TraceRow, spans: () => readonly SeenSpan[]): boolean {
  if (query.hasErrors && row.errors === 0) return false;
  if (query.service !== undefined && !row.services.includes(query.service)) return false;
  if (query.route !== undefined && query.route !== row.route && query.route !== row.name) return false;
  if (query.status !== undefined && !hasStatus(query.status, row.statusCode)) return false;
  if (query.lacks !== undefined && !lacks(row.chips[query.lacks])) return false;
  if (!isInBox(query, row)) return false;
  if (query.text && !hasText(query.text.toLowerCase(), row, spans)) return false;
  return (query.attributes ?? []).every(({ key, value }) =>
    spans().some((one) => hasAttribute(one, key, value)),
  );
}

export function isInBox({ fromMs, toMs, minMs, maxMs }: Box, row: TraceRow): boolean {
  if (minMs !== undefined && row.durationMs < minMs) return false;
  if (maxMs !== undefined && row.durationMs >= maxMs) return false;
  if (fromMs === undefined && toMs === undefined) return true;
  const startMs = Number(BigInt(row.startUnixNano) / 1000n) / 1000;
  return (fromMs === undefined || startMs >= fromMs) && (toMs === undefined || startMs < toMs);
}

export function logMatches(query: LogQuery, row: LogRow, log: SeenLog): boolean {
  if (query.service !== undefined && row.service !== query.service) return false;
  if (query.traceId !== undefined && row.traceId !== query.traceId) return false;
  if (query.leastSeverity !== undefined && row.severityNumber < query.leastSeverity) return false;
  if (!query.text) return true;
  const wanted = query.text.toLowerCase();
  if (textOfValue(log.log.body).toLowerCase().includes(wanted)) return true;
  return [...log.log.attributes.values()].some((value) => textOfValue(value).toLowerCase().includes(wanted));
}

function hasStatus(wanted: string, status: number | undefined): boolean {
  if (status === undefined) return false;
  const ofClass = /^([1-5])xx$/i.exec(wanted);
  return ofClass ? Math.floor(status / 100) === Number(ofClass[1]) : status === Number(wanted);
}

function lacks(chip: Chip | undefined): boolean {
  return chip !== undefined && OPEN.some((state) => (chip[state] ?? 0) > 0);
}

function hasText(wanted: string, row: TraceRow, spans: () => readonly SeenSpan[]): boolean {
  if (row.id.startsWith(wanted) || row.name.toLowerCase().includes(wanted)) return true;
  return spans().some(({ span }) => {
    if (span.name.toLowerCase().includes(wanted) || span.spanId === wanted) return true;
    if (span.status.message.toLowerCase().includes(wanted)) return true;
    for (const value of span.attributes.values())
      if (textOfValue(value).toLowerCase().includes(wanted)) return true;
    return span.events.some(({ attributes }) =>
      [...attributes.values()].some((value) => textOfValue(value).toLowerCase().includes(wanted)),
    );
  });
}

function hasAttribute({ span, resource }: SeenSpan, key: string, wanted: string): boolean {
  const value = span.attributes.get(key) ?? resource.attributes.get(key);
  return value !== undefined && textOfValue(value) === wanted;
}
