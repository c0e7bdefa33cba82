// Part of the tests: what a start makes of a journal that was left behind, whatever the disk has done to it.
import { rm } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDir } from '../support/records.ts';
import { change, damageCases, frameOf, ITEMS, RECORDS } from './damage-cases.ts';
import { appendAll, countedBy, never, numbersTo, readNumbers, segmentFiles, startSeen } from './support.ts';

let dir: Awaited<ReturnType<typeof temporaryDir>>;

/** Segments 0 … 4, 5 … 9 and 10 … 11; Rollbar has settled record 3, and so knows how far the journal went. */
beforeEach(async () => {
  dir = await temporaryDir();
  const { journal } = await startSeen({ dataDir: dir.path, destinations: ['honeycomb', 'rollbar'] });
  await appendAll(journal, RECORDS);
  journal.settle('rollbar', 3, 'whole');
  await journal.shutdown(never);
  expect(await segmentFiles(dir.path)).toHaveLength(3);
});
afterEach(() => dir.remove());

const fileOf = async (index: number) => (await segmentFiles(dir.path))[index] ?? '';

describe.each(damageCases(() => dir.path))('$what', ({ damage, gone, items }) => {
  const left = numbersTo(RECORDS).filter((number) => !gone.includes(number));
  const options = { destinations: ['honeycomb', 'rollbar'] as const };

  it('costs what it took, and that is counted', async () => {
    await damage();
    const { journal, events } = await startSeen({ dataDir: dir.path, ...options });

    expect(await readNumbers(journal)).toEqual(left);
    expect(await readNumbers(journal, 'rollbar')).toEqual(left.filter((number) => number !== 3));
    expect(countedBy(events, 'honeycomb')).toBe(items);
    expect(journal.health()).toMatchObject({ damagedRecords: gone.length, reason: undefined });
    await journal.shutdown(never);
  });

  it('is counted once, and what comes after has positions of its own', async () => {
    await damage();
    const first = await startSeen({ dataDir: dir.path, ...options });
    await readNumbers(first.journal);
    await first.journal.shutdown(never);

    const { journal, events } = await startSeen({ dataDir: dir.path, ...options });
    const [position = 0] = await appendAll(journal, 1, RECORDS);

    expect(countedBy(events, 'honeycomb')).toBe(0);
    expect(position).toBeGreaterThanOrEqual(RECORDS);
    expect(await readNumbers(journal)).toEqual([...left, RECORDS]);
    await journal.shutdown(never);
  });
});

describe('of the end of the last file, which no settlement knows of,', () => {
  const alone = { destinations: ['honeycomb'] as const };

  /** Cut where nobody settled anything: only the file tells. */
  async function leaveBehind(edit: (content: Buffer) => Buffer): Promise<void> {
    await rm(dir.path, { recursive: true });
    const { journal } = await startSeen({ dataDir: dir.path, ...alone });
    await appendAll(journal, 4);
    await journal.shutdown(never);
    await change(await fileOf(0), edit);
  }

  it.each([
    [
      'a torn record was never answered: nothing is counted',
      (content: Buffer) => content.subarray(0, content.length - 10),
      0,
    ],
    ['zeros in place of a record count as one', (content: Buffer) => content.fill(0, frameOf(content, 3)), 1],
    [
      'a record with a damaged body counts with its items',
      (content: Buffer) => content.fill(0, content.length - 9),
      ITEMS,
    ],
  ] as const)('%s', async (_, edit, items) => {
    await leaveBehind(edit);
    const { journal, events } = await startSeen({ dataDir: dir.path, ...alone });
    const [position] = await appendAll(journal, 1, 4);

    expect(countedBy(events, 'honeycomb')).toBe(items);
    // The number of a record that was never answered is free.
    expect(position).toBe(items === 0 ? 3 : 4);
    expect(await readNumbers(journal)).toEqual([0, 1, 2, 4]);
    await journal.shutdown(never);
  });
});
