// Part of delivery: which dead letters are meant, as a person types it: on the command line and in the query of the API alike.
import { durationMs } from '../../config/option.ts';
import { nearestName, type Problem } from '../../config/problems.ts';
import { REASONS } from '../../model/reasons.ts';
import { DESTINATION_IDS, type DestinationId } from '../../model/signals.ts';
import type { LetterHead } from './letter.ts';

export interface LetterFilter {
  destination?: DestinationId;
  reason?: string;
  /** Died at this time or later. */
  sinceMs?: number;
  id?: string;
}

export type TypedFilter = Readonly<Partial<Record<'destination' | 'reason' | 'since' | 'id', string>>>;

/** `source` says where the words were typed. */
export function parseFilter(
  typed: TypedFilter,
  source: string,
  nowMs: number,
): { filter: LetterFilter; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const { destination, reason, since, id } = typed;
  const oneOf = (option: string, value: string, known: readonly string[]) => {
    if (known.includes(value)) return;
    const nearest = nearestName(value, known);
    const fix = `Name one of: ${known.join(', ')}.`;
    problems.push({ option, source, value, message: 'unknown', fix, ...(nearest ? { nearest } : {}) });
  };
  if (destination !== undefined) oneOf('destination', destination, DESTINATION_IDS);
  if (reason !== undefined) oneOf('reason', reason, Object.keys(REASONS));
  const sinceMs = since === undefined ? undefined : parseSince(since, nowMs);
  if (since !== undefined && sinceMs === undefined) {
    const fix = 'For example 24h, 7d or 2026-11-02T10:00:00Z.';
    problems.push({ option: 'since', source, value: since, message: 'neither a duration nor a time', fix });
  }
  const filter: LetterFilter = {
    ...(destination === undefined ? {} : { destination: destination as DestinationId }),
    ...(reason === undefined ? {} : { reason }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
    ...(id === undefined ? {} : { id }),
  };
  return { filter, problems };
}

export function matches(head: LetterHead, { destination, reason, sinceMs, id }: LetterFilter): boolean {
  if (destination !== undefined && head.destination !== destination) return false;
  if (reason !== undefined && head.reason.code !== reason) return false;
  if (id !== undefined && head.id !== id) return false;
  return sinceMs === undefined || Date.parse(head.deadAt) >= sinceMs;
}

/** `24h` ago, or a time as RFC 3339 writes it. */
function parseSince(text: string, nowMs: number): number | undefined {
  const duration = durationMs().safeParse(text);
  if (duration.success) return Math.max(0, nowMs - duration.data);
  const timeMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
