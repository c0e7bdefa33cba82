// Part of the page: what a delivery chip says about the items of a trace at one destination.
import type { DestinationId } from '../../../model/signals.ts';
import type { Chip, ItemState } from '../../api/shapes.ts';

/** The worst first, as in the accounts: it gives the chip its sign. */
export const STATES: readonly ItemState[] = [
  'rejected',
  'dropped',
  'blocked',
  'retrying',
  'queued',
  'delivered',
  'sampled',
  'skipped',
];

/** Where a column or a tab is too narrow for the whole name. */
export const SHORT_NAMES: Readonly<Record<DestinationId, string>> = {
  honeycomb: 'Honeycomb',
  'aws-xray': 'X-Ray',
  'aws-cloudwatch-logs': 'CW Logs',
  rollbar: 'Rollbar',
};

/** One sentence a state, the same everywhere on the page. */
export const STATE_MEANINGS: Readonly<Record<ItemState, string>> = {
  queued: 'on its way',
  retrying: 'the destination does not take it now; it is tried again',
  blocked: 'held until the key or permission is mended',
  delivered: 'the destination has it',
  skipped: 'not for this destination',
  sampled: 'left out by sampling',
  rejected: 'refused for good; kept as a dead letter',
  dropped: 'given up',
};

export interface ChipView {
  state: ItemState;
  /** Items in this state, of those that are for the destination at all; undefined when all of them are. */
  part?: { of: number; count: number };
  /** 2 delivered, 1 queued */
  text: string;
}

export function viewChip(chip: Chip): ChipView | undefined {
  const present = STATES.filter((state) => (chip[state] ?? 0) > 0);
  const state = present[0];
  if (state === undefined) return undefined;
  const text = present.map((name) => `${chip[name]} ${name}`).join(', ');
  const concerned = present.filter((name) => name !== 'skipped');
  if (concerned.length < 2) return { state, text };
  const of = concerned.reduce((sum, name) => sum + (chip[name] ?? 0), 0);
  // «2/3» counts what has arrived, whatever the sign says about the rest.
  return { state, text, part: { of, count: chip.delivered ?? 0 } };
}

/** Nothing more will happen to it. */
export const isSettled = (state: ItemState): boolean => !['queued', 'retrying', 'blocked'].includes(state);

/** A trace lacks at a destination what was meant for it and is not there. */
export function lacks(chip: Chip | undefined): boolean {
  if (!chip) return false;
  return (['queued', 'retrying', 'blocked', 'rejected', 'dropped'] as const).some(
    (state) => (chip[state] ?? 0) > 0,
  );
}
