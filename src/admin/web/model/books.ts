// Part of the page: the equation that a destination's account must satisfy.
import type { Counts } from '../../../ledger/account.ts';

export const PARTS = ['delivered', 'skipped', 'sampled', 'rejected', 'dropped', 'queued'] as const;

/** What is accounted for too much or too little; 0 is the promise. */
export function offBy(counts: Counts): number {
  return PARTS.reduce((sum, part) => sum + counts[part], 0) - counts.accepted;
}
