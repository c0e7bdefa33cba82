// Part of recent: a segment as a request: how it is called, when it came and how long it took.
import { asNumber, asObject, asText } from '../protocols/xray/json.ts';
import type { Segment } from '../protocols/xray/segment.ts';

export interface Entry {
  name: string;
  startMs: number;
  durationMs: number;
  isError: boolean;
}

/** Undefined while it is in progress. */
export function entryOf(segment: Segment): Entry | undefined {
  const start = asNumber(segment.start_time);
  const end = asNumber(segment.end_time);
  if (start === undefined || end === undefined) return undefined;
  return {
    name: nameOf(segment),
    startMs: start * 1000,
    durationMs: Math.max(0, (end - start) * 1000),
    isError: segment.fault === true,
  };
}

/** A segment bears its service's name: what was asked of it says more. */
function nameOf(segment: Segment): string {
  const request = asObject(asObject(segment.http)?.['request']);
  const method = asText(request?.['method']);
  const url = asText(request?.['url']);
  if (method === undefined || url === undefined) return asText(segment.name) ?? 'segment';
  return requestName(method, url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, ''));
}

export function requestName(method: string, path: string): string {
  return `${method} ${path || '/'}`;
}
