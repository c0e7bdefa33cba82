// Part of cli: what `dead-letters` and `replay` show to people.
import type { LetterGroup } from '../delivery/dead-letters/summary.ts';
import type { ReplayLine, ReplayTallies, ReplayTally } from '../intake/replay/report.ts';
import { DESTINATION_NAMES, type DestinationId } from '../model/signals.ts';
import { renderTable } from './render.ts';

export function renderGroups(groups: readonly LetterGroup[]): string {
  const rows = groups.map(({ destination, reason, letters, suspect, replayed, oldest, newest }) => [
    DESTINATION_NAMES[destination],
    reason,
    String(letters),
    String(suspect),
    String(replayed),
    shortTime(oldest),
    shortTime(newest),
  ]);
  const head = ['destination', 'reason', 'letters', 'suspect', 'replayed', 'oldest', 'newest'];
  return renderTable([head, ...rows]);
}

const shortTime = (time: string) => `${time.slice(0, 10)} ${time.slice(11, 19)}Z`;

type LetterLine = Extract<ReplayLine, { event: 'letter' | 'left' | 'replayable' }>;

/** What became of one letter. */
export function renderLetter(line: LetterLine): string {
  switch (line.event) {
    case 'letter': {
      const born = line.newId && `now dead letter ${line.newId}`;
      const why = [line.code, born, line.reason?.message, line.reason?.fix];
      return renderOne(line.outcome, line, why.filter((part) => part !== undefined).join(', '));
    }
    case 'left':
      return renderOne('left', line, line.message);
    case 'replayable':
      return renderOne('would send', line, '');
  }
}

function renderOne(
  what: string,
  { destination, id }: { destination: DestinationId; id: string },
  why: string,
): string {
  return `${what.padEnd(10)}  ${DESTINATION_NAMES[destination]}  ${id}  ${why}`.trimEnd();
}

const COLUMNS: readonly (readonly [keyof ReplayTally, string])[] = [
  ['delivered', 'delivered'],
  ['rejected', 'rejected'],
  ['queued', 'queued'],
  ['dropped', 'dropped'],
  ['skipped', 'skipped'],
  ['sampled', 'sampled'],
  ['left', 'left'],
  ['replayable', 'would send'],
];

/** Letters, and what became of them: each row adds up. Columns in which nothing is are left out. */
export function renderTallies(tallies: ReplayTallies): string {
  const rows = Object.entries(tallies) as [DestinationId, ReplayTally][];
  if (rows.length === 0) return 'There are no such dead letters.';
  const columns = COLUMNS.filter(([key]) => rows.some(([, tally]) => tally[key] > 0));
  return renderTable([
    ['destination', 'letters', ...columns.map(([, title]) => title)],
    ...rows.map(([id, tally]) => [
      DESTINATION_NAMES[id],
      String(tally.letters),
      ...columns.map(([key]) => String(tally[key])),
    ]),
  ]);
}

export function renderWaiting(queued: Partial<Record<DestinationId, number>>): string {
  const parts = Object.entries(queued).map(
    ([id, count]) => `${count} for ${DESTINATION_NAMES[id as DestinationId]}`,
  );
  return `In the journal, waiting: ${parts.join(', ')}.`;
}
