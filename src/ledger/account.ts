// Part of the ledger: one destination's account, and the law it obeys at all times.
import type { Reason, ReasonCode } from '../model/reasons.ts';
import type { DestinationState } from './ledger.ts';

export interface Counts {
  accepted: number;
  delivered: number;
  skipped: number;
  sampled: number;
  rejected: number;
  dropped: number;
  queued: number;
}

type Tally = Partial<Record<ReasonCode, number>>;

export interface Account {
  counts: Counts;
  reasons: { skipped: Tally; rejected: Tally; dropped: Tally };
  state: DestinationState;
  sinceMs: number;
  reason: Reason | null;
}

export function openAccount(sinceMs: number): Account {
  return {
    counts: { accepted: 0, delivered: 0, skipped: 0, sampled: 0, rejected: 0, dropped: 0, queued: 0 },
    reasons: { skipped: {}, rejected: {}, dropped: {} },
    state: 'on',
    sinceMs,
    reason: null,
  };
}

/** accepted = delivered + skipped + sampled + rejected + dropped + queued, and nothing below zero. */
export function isConserved(counts: Readonly<Counts>): boolean {
  const { accepted, delivered, skipped, sampled, rejected, dropped, queued } = counts;
  const parts = [delivered, skipped, sampled, rejected, dropped, queued];
  return parts.every((part) => part >= 0) && accepted === parts.reduce((sum, part) => sum + part, 0);
}
