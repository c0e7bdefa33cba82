// Part of the tests: settlements that are gone, cut, flipped or garbage. Everything that is owed is delivered, some of it again.
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CursorFile } from '../../src/journal/disk/cursor-file.ts';
import { nodeFiles } from '../../src/journal/disk/files.ts';
import { ItemSet } from '../../src/model/item-set.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';
import { createFaultyFiles } from './faults.ts';
import { appendAll, countedBy, never, numbersTo, readNumbers, segmentFiles, startSeen } from './support.ts';

const RECORDS = 12;
const SETTLED = [0, 1, 2, 4, 7];
const PARTLY = 9;
const OWED = numbersTo(RECORDS).filter((number) => !SETTLED.includes(number));

let dir: Awaited<ReturnType<typeof temporaryDir>>;
const cursorPath = () => join(dir.path, 'cursors', 'honeycomb.log');

/** Honeycomb has settled some records whole and one in part, in several lines. */
beforeEach(async () => {
  dir = await temporaryDir();
  const [clock, files] = [new ManualClock(), createFaultyFiles()];
  const { journal } = await startSeen({ dataDir: dir.path, clock, files });
  await appendAll(journal, RECORDS);
  const part = new ItemSet(3);
  part.add(1);
  journal.settle('honeycomb', PARTLY, part);
  for (const position of SETTLED) {
    journal.settle('honeycomb', position, 'whole');
    clock.advance(100);
    await files.quiet();
  }
  await journal.shutdown(never);
  expect((await readFile(cursorPath(), 'utf8')).split('\n').length).toBeGreaterThan(SETTLED.length);
});
afterEach(() => dir.remove());

describe('settlements', () => {
  const cases: readonly { what: string; damage(): Promise<void>; delivered: readonly number[] }[] = [
    { what: 'that are whole', damage: async () => undefined, delivered: OWED },
    {
      what: 'of which the file is gone',
      damage: () => rm(cursorPath()),
      delivered: numbersTo(RECORDS),
    },
    {
      what: 'of which the file is empty',
      damage: () => truncate(cursorPath(), 0),
      delivered: numbersTo(RECORDS),
    },
    {
      what: 'of which the file is full of zeros',
      damage: async () => writeFile(cursorPath(), Buffer.alloc(300)),
      delivered: numbersTo(RECORDS),
    },
    {
      what: 'of which the file is garbage',
      damage: async () =>
        writeFile(cursorPath(), '00000000 {"low":99}\n\u{1F4A3}\n{"low":99}\nffffffff not json\n'),
      delivered: numbersTo(RECORDS),
    },
  ];

  it.each(cases)('$what lose nothing', async ({ damage, delivered }) => {
    await damage();
    const { journal, events } = await startSeen({ dataDir: dir.path });

    expect(await readNumbers(journal)).toEqual(delivered);
    expect(countedBy(events, 'honeycomb')).toBe(0);
    await journal.shutdown(never);
  });

  it('that are cut anywhere lose nothing, and bring again no more than was cut off', async () => {
    const text = await readFile(cursorPath(), 'utf8');
    let before = 0;
    for (const length of numbersTo(text.length + 1)) {
      await writeFile(cursorPath(), text.slice(0, length));
      const found = await new CursorFile(nodeFiles, join(dir.path, 'cursors'), 'honeycomb').read();
      const settled = numbersTo(RECORDS).filter((position) => found?.settlements?.has(position));
      expect(settled.filter((position) => !SETTLED.includes(position))).toEqual([]);
      expect(settled.length).toBeGreaterThanOrEqual(before);
      before = settled.length;
    }
    expect(before).toBe(SETTLED.length);
  });

  it('with any bit flipped settle nothing that was not', async () => {
    const content = await readFile(cursorPath());
    for (let bit = 0; bit < content.length * 8; bit += 1) {
      const copy = Buffer.from(content);
      copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const files = { ...nodeFiles, readText: async () => copy.toString('utf8') };
      const settlements = (await new CursorFile(files, '', 'honeycomb').read())?.settlements;
      const settled = numbersTo(RECORDS + 100).filter((position) => settlements?.has(position));
      expect([bit, settled.filter((position) => !SETTLED.includes(position))]).toEqual([bit, []]);
      const part = settlements?.items(PARTLY);
      expect([bit, part === undefined || (part.size === 1 && part.has(1))]).toEqual([bit, true]);
    }
  });

  it('that cannot be written are tried again by themselves, and then written whole', async () => {
    const [clock, files] = [new ManualClock(), createFaultyFiles()];
    const { journal, events } = await startSeen({ dataDir: dir.path, clock, files });
    files.fault = ({ path }) => (path.includes('cursors') ? { code: 'ENOSPC', wrote: 0.5 } : undefined);
    for (const position of [3, 5, 6]) {
      journal.settle('honeycomb', position, 'whole');
      clock.advance(100);
      await files.quiet();
    }
    expect(journal.health().reason).toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/^nothing is lost/),
    });
    expect(journal.mode).toBe('disk');

    files.fault = () => undefined;
    clock.advance(10_000);
    await files.quiet();
    files.kill();
    await journal.shutdown(never);
    const next = await startSeen({ dataDir: dir.path });

    expect(events.changes).toEqual([
      { ok: false, what: 'settlements', message: expect.stringContaining('ENOSPC') },
      { ok: true, what: 'settlements', message: undefined },
    ]);
    expect(await readNumbers(next.journal)).toEqual([8, 9, 10, 11]);
    await next.journal.shutdown(never);
  });

  it('that are not on disk keep the segment there that they free', async () => {
    const [clock, files] = [new ManualClock(), createFaultyFiles()];
    const { journal } = await startSeen({ dataDir: dir.path, clock, files });
    const before = (await segmentFiles(dir.path)).length;
    for (const position of [3, 5, 6, 8, 9]) journal.settle('honeycomb', position, 'whole');
    files.kill();
    await journal.shutdown(never);

    const next = await startSeen({ dataDir: dir.path });

    expect(before).toBe(3);
    expect(await readNumbers(next.journal)).toEqual(OWED);
    expect(countedBy(next.events, 'honeycomb')).toBe(0);
    await next.journal.shutdown(never);
  });
});

describe('a destination that was never on before', () => {
  it.each([
    ['now', [12]],
    ['beginning', numbersTo(13)],
  ] as const)('starts from %s', async (newDestinationStarts, expected) => {
    const destinations = ['honeycomb', 'rollbar'] as const;
    const { journal, events } = await startSeen({ dataDir: dir.path, destinations, newDestinationStarts });
    await appendAll(journal, 1, RECORDS);

    expect(await readNumbers(journal, 'rollbar')).toEqual(expected);
    expect(events.recoveredRecords.filter(({ destination }) => destination === 'rollbar')).toHaveLength(
      expected.length - 1,
    );
    await journal.shutdown(never);
  });

  it('goes on where it was when it is off and on again', async () => {
    const both = { dataDir: dir.path, destinations: ['honeycomb', 'rollbar'] as const };
    const first = await startSeen(both);
    await appendAll(first.journal, 2, RECORDS);
    first.journal.settle('rollbar', RECORDS, 'whole');
    await first.journal.shutdown(never);
    const without = await startSeen({
      dataDir: dir.path,
      clock: new ManualClock(Date.now()),
    });
    await without.journal.shutdown(never);

    const again = await startSeen(both);

    expect(await readNumbers(again.journal, 'rollbar')).toEqual([RECORDS + 1]);
    await again.journal.shutdown(never);
  });
});
