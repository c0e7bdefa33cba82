// Part of the tests: what a disk can do to a journal that is left behind, as a table: tests iterate over it and the README shows it.
// Three segments, records 0 … 4, 5 … 9 and 10 … 11 of three items each; of an untouched directory nothing is gone.
import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FRAME_HEAD_BYTES } from '../../src/journal/frame.ts';
import { numbersTo, segmentFiles, textOf } from './support.ts';

export const ITEMS = 3;
export const RECORDS = 12;

export async function change(path: string, edit: (content: Buffer) => Buffer): Promise<void> {
  await writeFile(path, edit(await readFile(path)));
}

/** Where the frame of a record begins in its file. */
export const frameOf = (content: Buffer, number: number) =>
  content.lastIndexOf(Buffer.from([0x53, 0x43, 0x4a, 0x52]), content.indexOf(textOf(number).slice(0, 12)));

export interface DamageCase {
  what: string;
  damage(): Promise<void>;
  /** Records that are not delivered any more. */
  gone: readonly number[];
  /** Items counted as lost for Honeycomb, which had settled nothing. */
  items: number;
}

/** A record of which the head is whole tells how many items it had; another counts as one. */
export function damageCases(dataDir: () => string): readonly DamageCase[] {
  const fileOf = async (index: number) => (await segmentFiles(dataDir()))[index] ?? '';

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
  return [
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
      damage: async () => rm(join(dataDir(), 'journal'), { recursive: true }),
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
      damage: async () =>
        change(await fileOf(1), (content) => content.subarray(0, frameOf(content, 7) + 100)),
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
      damage: async () => writeFile(join(dataDir(), 'journal', 'notes.txt'), 'hello'),
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
}
