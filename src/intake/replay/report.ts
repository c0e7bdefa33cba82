// Part of intake: what a replay says while it goes on: a line for each letter, and sums that add up.
import type { Outcome } from '../../ledger/ledger.ts';
import type { Reason, ReasonCode } from '../../model/reasons.ts';
import type { DestinationId } from '../../model/signals.ts';

/** Why a letter was not sent. */
export const LEFT = {
  replayed: 'it was replayed before; --again sends it once more',
  unknown: 'an earlier replay of it was cut off, nobody knows whether it arrived; --again sends it once more',
  suspect: 'the vendor did not say that it was this one; --suspect sends it, and what was good of it twice',
  raw: 'it could not be decoded, so it cannot be sent again',
  malformed: 'it is not a letter as sidecast writes them',
  off: 'its destination is off',
  refused: 'the journal takes nothing more now; replay it later',
  unmarked: 'replayed.log cannot be written, so it might be sent twice; mend the data directory',
} as const;

export type LeftWhy = keyof typeof LEFT;

export interface ReplayTally {
  letters: number;
  delivered: number;
  skipped: number;
  sampled: number;
  rejected: number;
  dropped: number;
  /** In the journal; sidecast goes on trying. */
  queued: number;
  /** Not sent. */
  left: number;
  /** Would be sent, were this no dry run. */
  replayable: number;
}

export type ReplayTallies = Partial<Record<DestinationId, ReplayTally>>;

interface OfLetter {
  destination: DestinationId;
  id: string;
}

export type ReplayLine =
  | (OfLetter & {
      event: 'letter';
      outcome: Outcome | 'queued';
      code?: ReasonCode;
      /** The dead letter that it became when it was rejected again; a suspect of many items may become many. */
      newId?: string;
      /** Why it waits. */
      reason?: Reason;
    })
  | (OfLetter & { event: 'left'; why: LeftWhy; message: string })
  | (OfLetter & { event: 'replayable' })
  | { event: 'waiting'; queued: Partial<Record<DestinationId, number>> }
  | { event: 'sum'; destinations: ReplayTallies }
  | { event: 'failed'; message: string };

/** letters = delivered + skipped + sampled + rejected + dropped + queued + left + replayable */
export function count(tallies: ReplayTallies, line: ReplayLine): void {
  if (line.event !== 'letter' && line.event !== 'left' && line.event !== 'replayable') return;
  const tally = tallies[line.destination] ?? emptyTally();
  tallies[line.destination] = tally;
  tally.letters += 1;
  tally[line.event === 'letter' ? line.outcome : line.event] += 1;
}

const emptyTally = (): ReplayTally => ({
  letters: 0,
  delivered: 0,
  skipped: 0,
  sampled: 0,
  rejected: 0,
  dropped: 0,
  queued: 0,
  left: 0,
  replayable: 0,
});
