// Part of delivery: how a destination is, told from its partitions: it is as its worst one is.
import type { Reason } from '../model/reasons.ts';
import type { Partition } from './partitions.ts';

type State = Pick<Partition<unknown>, 'state' | 'reason'>;

const CROWDED = 'too much of it waits in pieces, so nothing further is read';

export function worstOf(
  partitions: Iterable<State>,
  isCrowded: boolean,
): { state: 'on' | 'retrying' | 'blocked'; reason: Reason | null } {
  const all = [...partitions];
  const blocked = all.find(({ state }) => state === 'blocked');
  const worst = blocked ?? all.find(({ state }) => state === 'retrying');
  const reason = worst?.reason ?? null;
  return {
    state: blocked ? 'blocked' : worst ? 'retrying' : 'on',
    reason: reason && isCrowded ? { ...reason, message: `${reason.message}; ${CROWDED}` } : reason,
  };
}
