// Part of the tests: what a disk can do to a journal that is left behind, and what a start makes of it.
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FRAME_HEAD_BYTES } from '../../src/journal/frame.ts';
import { temporaryDir } from '../support/records.ts';
import {
  appendAll,
  countedBy,
  never,
  numbersTo,
  readNumbers,
  segmentFiles,
  startSeen,
  textOf,
} from './support.ts';

const ITEMS = 3;
const RECORDS = 12;

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

async function change(path: string, edit: (content: Buffer) => Buffer): Promise<void> {
  await writeFile(path, edit(await readFile(path)));
}

/** Where the frame of a record begins in its file. */
const frameOf = (content: Buffer, number: number) =>
  content.lastIndexOf(Buffer.from([0x53, 0x43, 0x4a, 0x52]), content.indexOf(textOf(number).slice(0, 12)));

interface Case {
  what: string;
  damage(): Promise<void>;
  /** Records that are not delivered any more. */
  gone: readonly number[];
  /** Items counted as lost for Honeycomb, which had settled nothing. */
  items: number;
}

const cut = (to: (content: Buffer) => number) => async () =>
  change(await fileOf(2), (content) => content.subarray(0, to(content)));

const flip = (file: number, at: (content: Buffer) => number) => async () =>
  change(await fileOf(file), (content) => {
    const offset = at(content);
    content[offset] = (content[offset] ?? 0) ^ 0x10;
    return content;
  });

const zero =
  (file: number, from: (content: Buffer) => number, bytes = Number.POSITIVE_INFINITY) =>
  async () =>
    change(await fileOf(file), (content) =>
      content.fill(0, from(content), Math.min(content.length, from(content) + bytes)),
    );

/** A record of which the head is whole tells how many items it had; another counts as one. */
const cases: readonly Case[] = [
  {
    what: 'a last record torn in its payload',
    damage: cut((content) => content.length - 10),
    gone: [11],
    items: 1,
  },
  {
    what: 'a last record torn in its head',
    damage: cut((content) => frameOf(content, 11) + 10),
    gone: [11],
    items: 1,
  },
  {
    what: 'zeros in place of the last record',
    damage: zero(2, (content) => frameOf(content, 11)),
    gone: [11],
    items: 1,
  },
  {
    what: 'zeros in place of the last payload',
    damage: zero(2, (content) => frameOf(content, 11) + 300),
    gone: [11],
    items: ITEMS,
  },
  {
    what: 'zeros in place of a sector in the middle',
    damage: zero(1, (content) => frameOf(content, 6), 512),
    gone: [6],
    items: ITEMS,
  },
  {
    what: 'a flipped bit in a payload of a sealed file',
    damage: flip(0, (content) => frameOf(content, 2) + 500),
    gone: [2],
    items: ITEMS,
  },
  {
    what: 'a flipped bit in a payload of the last file',
    damage: flip(2, (content) => frameOf(content, 10) + 500),
    gone: [10],
    items: ITEMS,
  },
  {
    what: 'a flipped length',
    damage: flip(2, (content) => frameOf(content, 10) + 4),
    gone: [10],
    items: 1,
  },
  {
    what: 'a flipped length in the last record',
    damage: flip(2, (content) => frameOf(content, 11) + 4),
    gone: [11],
    items: 1,
  },
  {
    what: 'a flipped bit in what a file says about itself',
    damage: flip(1, () => FRAME_HEAD_BYTES + 3),
    gone: [],
    items: 0,
  },
  {
    what: "a flipped bit in a sealed file's index",
    damage: flip(0, (content) => content.length - 10),
    gone: [],
    items: 0,
  },
  {
    what: 'the first file deleted',
    damage: async () => rm(await fileOf(0)),
    gone: [0, 1, 2, 3, 4],
    items: 5,
  },
  {
    what: 'a file in the middle deleted',
    damage: async () => rm(await fileOf(1)),
    gone: [5, 6, 7, 8, 9],
    items: 5,
  },
  { what: 'the last file deleted', damage: async () => rm(await fileOf(2)), gone: [10, 11], items: 2 },
  {
    what: 'all files deleted',
    damage: async () => rm(join(dir.path, 'journal'), { recursive: true }),
    gone: numbersTo(RECORDS),
    items: RECORDS,
  },
  {
    what: 'a file emptied',
    damage: async () => truncate(await fileOf(1), 0),
    gone: [5, 6, 7, 8, 9],
    items: 5,
  },
  {
    what: 'a file cut in two',
    damage: async () => change(await fileOf(1), (content) => content.subarray(0, frameOf(content, 7) + 100)),
    gone: [7, 8, 9],
    items: 3,
  },
  {
    what: 'a file full of something else',
    damage: async () => change(await fileOf(1), (content) => Buffer.alloc(content.length, 'SCJR garbage ')),
    gone: [5, 6, 7, 8, 9],
    items: 5,
  },
  {
    what: 'a directory in place of a file',
    damage: async () => {
      const path = await fileOf(1);
      await rm(path);
      await mkdir(path);
    },
    gone: [5, 6, 7, 8, 9],
    items: 5,
  },
  {
    what: 'files that are none of ours',
    damage: async () => writeFile(join(dir.path, 'journal', 'notes.txt'), 'hello'),
    gone: [],
    items: 0,
  },
  {
    what: 'a file that was not finished',
    damage: async () => writeFile(`${await fileOf(1)}.new`, 'half of it'),
    gone: [],
    items: 0,
  },
];

describe.each(cases)('$what', ({ damage, gone, items }) => {
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
