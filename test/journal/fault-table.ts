// Part of the tests: what can go wrong under a journal that runs, as a table: tests iterate over it and the README shows it.
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReasonCode } from '../../src/model/reasons.ts';
import type { Call, Fault } from './faults.ts';
import { segmentFiles } from './support.ts';

/** Four records before the fault, four while it lasts, four after it, of three items each. */
export const PER_PHASE = 4;
export const ITEMS = 3;
const ALL = 3 * PER_PHASE;

export interface JournalFault {
  what: string;
  /** Present from the start: then nothing can be read that was there before. */
  fromStart?: boolean;
  /** Never mended: the process ends in order. */
  lasts?: boolean;
  syncsEach?: boolean;
  fault?(call: Call): Fault | undefined;
  /** Done to the directory, or to the clock, instead. */
  act?(dataDir: string, setClock: (byMs: number) => void): Promise<void>;
  /** Where new records are meanwhile, and what `/status` says of it. */
  mode: 'disk' | 'memory';
  code: Extract<ReasonCode, 'disk_full' | 'not_writable' | 'disk_error'> | undefined;
  /** Of the twelve records, in the end; and what was counted as lost of the others. */
  delivered: number;
  countedItems: number;
}

const isChange = ({ operation, path }: Call) =>
  path.includes('lock') ? false : !['list', 'readText', 'modifiedAtMs', 'file.read'].includes(operation);
const isWrite = ({ operation }: Call) => operation === 'file.write' || operation === 'appendText';
const isSettlement = ({ path }: Call) => path.includes('cursors');
const at =
  (isMeant: (call: Call) => boolean, fault: Fault): NonNullable<JournalFault['fault']> =>
  (call) =>
    isMeant(call) ? fault : undefined;
const DAY_MS = 86_400_000;
const whole = { delivered: ALL, countedItems: 0 };

export const JOURNAL_FAULTS: readonly JournalFault[] = [
  {
    what: 'no space (ENOSPC) at every write',
    fault: at(isWrite, { code: 'ENOSPC' }),
    mode: 'memory',
    code: 'disk_full',
    ...whole,
  },
  {
    what: 'no space in the middle of every write',
    fault: at(isWrite, { code: 'ENOSPC', wrote: 0.5 }),
    mode: 'memory',
    code: 'disk_full',
    ...whole,
  },
  {
    what: 'no space, until the process ends',
    fault: at(isWrite, { code: 'ENOSPC' }),
    lasts: true,
    mode: 'memory',
    code: 'disk_full',
    delivered: PER_PHASE,
    countedItems: 2 * PER_PHASE * ITEMS,
  },
  {
    what: 'an error (EIO) at every write',
    fault: at(isWrite, { code: 'EIO' }),
    mode: 'memory',
    code: 'disk_error',
    ...whole,
  },
  {
    what: 'writes that take half of what they are given',
    fault: at(({ operation }) => operation === 'file.write', { wrote: 0.5 }),
    mode: 'disk',
    code: undefined,
    ...whole,
  },
  {
    what: 'an error at every fdatasync, with `always`',
    fault: at(({ operation }) => operation === 'file.sync', { code: 'EIO' }),
    syncsEach: true,
    mode: 'memory',
    code: 'disk_error',
    ...whole,
  },
  {
    what: 'the root becomes read-only (EROFS)',
    fault: at(isChange, { code: 'EROFS' }),
    mode: 'memory',
    code: 'not_writable',
    ...whole,
  },
  {
    what: 'a read-only root from the start',
    fault: at(isChange, { code: 'EROFS' }),
    fromStart: true,
    mode: 'memory',
    code: 'not_writable',
    ...whole,
  },
  {
    what: 'a directory that nobody may use (EACCES) from the start',
    fault: () => ({ code: 'EACCES' }),
    fromStart: true,
    mode: 'memory',
    code: 'not_writable',
    ...whole,
  },
  {
    what: 'nothing of the disk works (EIO)',
    fault: () => ({ code: 'EIO' }),
    mode: 'memory',
    code: 'disk_error',
    ...whole,
  },
  {
    what: 'only settlements cannot be written',
    fault: at(isSettlement, { code: 'ENOSPC' }),
    mode: 'disk',
    code: 'disk_full',
    ...whole,
  },
  {
    what: 'the files of records deleted under it',
    act: async (dataDir) => {
      for (const path of await segmentFiles(dataDir)) await rm(path);
    },
    mode: 'memory',
    code: 'disk_error',
    ...whole,
  },
  {
    what: 'the settlements deleted under it',
    act: async (dataDir) => rm(join(dataDir, 'cursors'), { recursive: true }),
    mode: 'disk',
    code: 'disk_error',
    ...whole,
  },
  {
    what: 'the settlements cut off',
    act: async (dataDir) => truncate(join(dataDir, 'cursors', 'honeycomb.log'), 5),
    mode: 'disk',
    code: undefined,
    ...whole,
  },
  {
    what: 'the clock set back by a day',
    act: async (_, setClock) => setClock(-DAY_MS),
    mode: 'disk',
    code: undefined,
    ...whole,
  },
  {
    what: 'the clock set forward by a month',
    act: async (_, setClock) => setClock(30 * DAY_MS),
    mode: 'disk',
    code: undefined,
    ...whole,
  },
  {
    what: 'a second sidecast on the directory: it refuses to start',
    act: async (dataDir) => {
      const { openJournal } = await import('../../src/journal/open.ts');
      const { LockedError } = await import('../../src/journal/lock.ts');
      const { journalEvents } = await import('../support/records.ts');
      const clock = { now: () => 0, schedule: () => () => undefined };
      const options = { maxBytes: 1e6, maxAgeMs: 1e9, fsync: 'never', destinations: [], clock } as const;
      const second = openJournal({ ...options, dataDir, events: journalEvents() });
      const refusal = await second.then(
        () => undefined,
        (error: Error) => error,
      );
      if (!(refusal instanceof LockedError)) throw new Error('a second one started');
    },
    mode: 'disk',
    code: undefined,
    ...whole,
  },
];
