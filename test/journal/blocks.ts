// Part of the tests: the tables of the journal's faults, as blocks of the README. docs.test.ts writes them between its marks.
import { markdownTable } from '../support/markdown-table.ts';
import { damageCases, RECORDS } from './damage-cases.ts';
import { JOURNAL_FAULTS, PER_PHASE } from './fault-table.ts';

/** By the name of the block: `<!-- generated: journal-faults -->`. */
export function journalBlocks(): Readonly<Record<string, string>> {
  return { 'journal-faults': faults(), 'journal-damage': damage() };
}

function faults(): string {
  const records = 3 * PER_PHASE;
  return markdownTable(
    [
      'under a running sidecast',
      'new data is meanwhile',
      '`/status` says',
      `of ${records} records arrive`,
      'items counted as dropped',
    ],
    JOURNAL_FAULTS.map(({ what, mode, code, delivered, countedItems }) => [
      what,
      mode === 'disk' ? 'on disk' : 'in memory',
      code ? `\`${code}\`` : '–',
      String(delivered),
      String(countedItems),
    ]),
  );
}

function damage(): string {
  return markdownTable(
    ['found by a start', `of ${RECORDS} records arrive`, 'items counted as dropped'],
    damageCases(() => '').map(({ what, gone, items }) => [
      what,
      String(RECORDS - gone.length),
      String(items),
    ]),
  );
}
