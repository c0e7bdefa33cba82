// Part of the tests: a data directory that cannot be written, at the start or later, and that can be again.
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Journal } from '../../src/journal/journal.ts';
import { acquireLock } from '../../src/journal/lock.ts';
import { type JournalOptions, openJournal } from '../../src/journal/open.ts';
import { ItemSet } from '../../src/model/item-set.ts';
import { accepted, ManualClock, type SeenEvents, temporaryDir } from '../support/records.ts';
import { type Call, createFaultyFiles, type Fault, type FaultyFiles } from './faults.ts';
import {
  appendAll,
  countedBy,
  never,
  numbersTo,
  readAll,
  readNumbers,
  segmentFiles,
  startSeen,
  textOf,
} from './support.ts';

const RETRY_MS = 10_000;
const DESTINATIONS = ['honeycomb', 'rollbar'] as const;

let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

interface Rig {
  journal: Journal;
  events: SeenEvents;
  files: FaultyFiles;
  clock: ManualClock;
}

async function startRig(
  fault: FaultyFiles['fault'] = () => undefined,
  options: Partial<JournalOptions> = {},
): Promise<Rig> {
  const files = createFaultyFiles();
  files.fault = fault;
  const clock = new ManualClock();
  const started = await startSeen({
    dataDir: dir.path,
    destinations: DESTINATIONS,
    files,
    clock,
    ...options,
  });
  return { ...started, files, clock };
}

const full = (): Fault => ({ code: 'ENOSPC' });
/** Only what is written to segments fails. */
const fullForSegments = ({ operation, path }: Call): Fault | undefined =>
  operation === 'file.write' && path.endsWith('.seg') ? { code: 'ENOSPC', wrote: 0.5 } : undefined;

async function pass({ clock, files }: Rig, ms: number): Promise<void> {
  clock.advance(ms);
  await files.quiet();
}

/** Turns the clock until the directory was tried and nothing is in memory any more. */
async function backOnDisk(rig: Rig): Promise<void> {
  rig.files.fault = () => undefined;
  await vi.waitFor(
    async () => {
      await pass(rig, RETRY_MS);
      expect([rig.journal.mode, rig.journal.health().reason]).toEqual(['disk', undefined]);
    },
    { interval: 1 },
  );
}

/** What a start after kill -9 delivers. */
async function afterKill({ files, journal }: Rig): Promise<{ numbers: number[]; counted: number }> {
  files.kill();
  await journal.shutdown(never);
  const next = await startSeen({ dataDir: dir.path, destinations: DESTINATIONS });
  const found = { numbers: await readNumbers(next.journal), counted: countedBy(next.events, 'honeycomb') };
  await next.journal.shutdown(never);
  return found;
}

describe('a disk that becomes full', () => {
  it('refuses nothing: what comes is in memory, in order, with positions that go on', async () => {
    const rig = await startRig();
    await appendAll(rig.journal, 3);
    rig.files.fault = full;
    const positions = await appendAll(rig.journal, 9, 3);

    expect(positions).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(await readNumbers(rig.journal)).toEqual(numbersTo(12));
    expect(rig.journal.mode).toBe('memory');
    expect(rig.journal.dir).toBe(dir.path);
    expect(rig.journal.health()).toMatchObject({
      reason: {
        code: 'disk_full',
        message: expect.stringMatching(/^new data is kept in memory only: ENOSPC/),
      },
      sinceMs: rig.clock.now(),
    });
    expect(rig.events.changes).toHaveLength(1);
    await rig.journal.shutdown(never);
  });

  it('is tried every ten seconds, and has everything when it takes it: a kill then loses nothing', async () => {
    const rig = await startRig();
    await appendAll(rig.journal, 3);
    rig.files.fault = fullForSegments;
    await appendAll(rig.journal, 9, 3);
    rig.journal.settle('honeycomb', 4, 'whole');
    await pass(rig, RETRY_MS - 1);
    expect(rig.journal.mode).toBe('memory');

    await backOnDisk(rig);
    await appendAll(rig.journal, 2, 12);

    expect(rig.journal.health()).toMatchObject({ memoryBytes: 0, sinceMs: undefined });
    expect(rig.events.changes.map(({ ok, what }) => [ok, what])).toEqual([
      [false, 'records'],
      [true, 'records'],
    ]);
    expect(await afterKill(rig)).toEqual({
      numbers: numbersTo(14).filter((number) => number !== 4),
      counted: 0,
    });
  });

  it('says so once, however often it is tried', async () => {
    const rig = await startRig();
    rig.files.fault = full;
    await appendAll(rig.journal, 1);
    for (let i = 0; i < 5; i += 1) await pass(rig, RETRY_MS);
    await appendAll(rig.journal, 1, 1);

    expect(rig.events.changes.filter(({ what }) => what === 'records')).toHaveLength(1);
    await rig.journal.shutdown(never);
  });

  it('has room until the bound of memory, and again when it takes what is there', async () => {
    const rig = await startRig();
    rig.files.fault = full;
    let appended = 0;
    while (rig.journal.hasRoom(1600)) appended += (await appendAll(rig.journal, 1, appended)).length;

    const { memoryBytes, maxMemoryBytes } = rig.journal.health();
    expect(appended).toBeGreaterThan(20);
    expect(memoryBytes).toBeLessThanOrEqual(maxMemoryBytes);
    expect(await readNumbers(rig.journal)).toEqual(numbersTo(appended));
    for (const position of numbersTo(appended - 2))
      for (const id of DESTINATIONS) rig.journal.settle(id, position, 'whole');
    await backOnDisk(rig);
    expect(rig.journal.hasRoom(1600)).toBe(true);
    expect((await afterKill(rig)).numbers).toEqual([appended - 2, appended - 1]);
  });

  it('counts at the end what was in memory only, once', async () => {
    const rig = await startRig();
    await appendAll(rig.journal, 2);
    rig.files.fault = ({ path }) => (path.includes('cursors') ? undefined : { code: 'EROFS' });
    await appendAll(rig.journal, 3, 2);
    const part = new ItemSet(3);
    part.add(0);
    rig.journal.settle('honeycomb', 2, part);
    rig.journal.settle('rollbar', 3, 'whole');
    await rig.journal.shutdown(never);

    // Three items a record.
    expect(rig.events.lostItems).toEqual({ honeycomb: 8, rollbar: 6 });
    const next = await startSeen({ dataDir: dir.path, destinations: DESTINATIONS });
    expect(await readNumbers(next.journal)).toEqual([0, 1]);
    expect(countedBy(next.events, 'honeycomb')).toBe(0);
    await next.journal.shutdown(never);
  });

  it('takes what is in memory at the end, when it can again', async () => {
    const rig = await startRig();
    rig.files.fault = full;
    await appendAll(rig.journal, 4);
    rig.files.fault = () => undefined;
    await rig.journal.shutdown(never);

    expect(rig.events.lostItems).toEqual({});
    const next = await startSeen({ dataDir: dir.path, destinations: DESTINATIONS });
    expect(await readNumbers(next.journal)).toEqual(numbersTo(4));
    await next.journal.shutdown(never);
  });
});

describe('a disk that does less than asked', () => {
  it('gets the rest of a short write in further ones', async () => {
    const rig = await startRig(({ operation }) => (operation === 'file.write' ? { wrote: 0.4 } : undefined));
    await appendAll(rig.journal, 12);

    expect(rig.journal.mode).toBe('disk');
    expect(await afterKill(rig)).toEqual({ numbers: numbersTo(12), counted: 0 });
  });

  it('loses no record when fdatasync fails, whatever the kernel then does with its pages', async () => {
    const rig = await startRig(undefined, { fsync: 'interval', tailBytes: 0 });
    await appendAll(rig.journal, 2);
    await pass(rig, 1000);
    const [file = ''] = await segmentFiles(dir.path);
    const { size } = await stat(file);
    await appendAll(rig.journal, 3, 2);
    rig.files.fault = ({ operation }) =>
      operation === 'file.sync' || operation === 'open' ? { code: 'EIO' } : undefined;
    await pass(rig, 1000);
    // What came after the first two records is dropped: the disk never had it.
    const content = await readFile(file);
    await writeFile(file, content.fill(0, size));

    expect(rig.journal.mode).toBe('memory');
    expect(await readNumbers(rig.journal)).toEqual(numbersTo(5));
    await backOnDisk(rig);
    expect(await afterKill(rig)).toEqual({ numbers: numbersTo(5), counted: 0 });
  });

  it('answers from memory when each append is to be synced and cannot be', async () => {
    const rig = await startRig(undefined, { fsync: 'always' });
    await appendAll(rig.journal, 1);
    rig.files.fault = ({ operation }) => (operation === 'file.sync' ? { code: 'EIO' } : undefined);
    await appendAll(rig.journal, 2, 1);

    expect(rig.journal.mode).toBe('memory');
    await backOnDisk(rig);
    expect(await afterKill(rig)).toEqual({ numbers: numbersTo(3), counted: 0 });
  });

  it('loses only the record that lies in a sector it cannot read', async () => {
    await leaveBehind(12);
    const rig = await startRig();
    let bad = 0;
    rig.files.fault = ({ operation, path }) => {
      if (operation !== 'file.read' || !path.endsWith('05.seg')) return undefined;
      bad += 1;
      // The run, then its first three pieces of 4 KiB: two records.
      return bad === 1 || bad === 2 ? { code: 'EIO' } : undefined;
    };

    const numbers = await readNumbers(rig.journal);
    const gone = numbersTo(12).filter((number) => !numbers.includes(number));
    expect(gone).toEqual([5, 6, 7]);
    expect(countedBy(rig.events, 'honeycomb')).toBe(9);
    expect(rig.journal.health()).toMatchObject({ damagedRecords: 3, reason: undefined });
    await rig.journal.shutdown(never);
  });

  it('is waited for while it reads and writes nothing: then everything is delivered', async () => {
    await leaveBehind(12);
    const rig = await startRig();
    const reader = rig.journal.reader('honeycomb');
    rig.files.fault = () => ({ code: 'EIO' });
    await appendAll(rig.journal, 2, 12);
    const first = await readAll(reader);
    const again = reader.read(3);

    await backOnDisk(rig);
    const rest = await readAll(reader);

    expect(first).toEqual([]);
    expect(rest).toEqual(numbersTo(14).map(textOf));
    expect(Buffer.from((await again)?.record.payload ?? []).toString()).toBe(textOf(3));
    expect(countedBy(rig.events, 'honeycomb')).toBe(0);
    await rig.journal.shutdown(never);
  });

  it('gets its files again when they are deleted under a running journal', async () => {
    const rig = await startRig();
    await appendAll(rig.journal, 7);
    for (const name of ['journal', 'cursors', 'lock', 'VERSION'])
      await rm(join(dir.path, name), { recursive: true });
    await appendAll(rig.journal, 1, 7);

    await pass(rig, RETRY_MS);
    await backOnDisk(rig);
    await appendAll(rig.journal, 1, 8);

    expect(await afterKill(rig)).toEqual({ numbers: numbersTo(9), counted: 0 });
  });
});

async function collect(
  journal: Journal,
  destination: (typeof DESTINATIONS)[number] = 'honeycomb',
): Promise<number[]> {
  const positions: number[] = [];
  const reader = journal.reader(destination);
  for (let read = await reader.next(); read; read = await reader.next()) positions.push(read.record.position);
  return positions;
}

/** An earlier run that honeycomb is owed everything of, and Rollbar all but record 1. */
async function leaveBehind(records: number): Promise<void> {
  const { journal } = await startSeen({ dataDir: dir.path, destinations: DESTINATIONS });
  await appendAll(journal, records);
  journal.settle('rollbar', 1, 'whole');
  await journal.shutdown(never);
}

describe('a directory that cannot be used at the start', () => {
  const unusable = (): Fault => ({ code: 'EROFS' });

  it('has everything once it can be: a kill then loses nothing', async () => {
    const rig = await startRig(unusable);
    const positions = await appendAll(rig.journal, 6);
    expect(rig.journal.mode).toBe('memory');
    expect(rig.journal.health().reason?.code).toBe('not_writable');

    await backOnDisk(rig);

    expect(new Set(positions).size).toBe(6);
    expect(await afterKill(rig)).toEqual({ numbers: numbersTo(6), counted: 0 });
  });

  it('gives what an earlier run left there to those who read already, once, and to the next start what is left', async () => {
    await leaveBehind(7);
    const rig = await startRig(unusable);
    const positions = await appendAll(rig.journal, 3, 7);
    const readers = { honeycomb: rig.journal.reader('honeycomb'), rollbar: rig.journal.reader('rollbar') };
    expect(await readAll(readers.honeycomb)).toEqual([7, 8, 9].map(textOf));
    rig.journal.settle('honeycomb', positions[0] ?? 0, 'whole');

    await backOnDisk(rig);
    await appendAll(rig.journal, 1, 10);

    expect(rig.events.recoveredRecords.filter(({ destination }) => destination === 'rollbar')).toHaveLength(
      6,
    );
    expect(await readAll(readers.honeycomb)).toEqual([...numbersTo(7), 10].map(textOf));
    expect(await readAll(readers.rollbar)).toEqual(
      numbersTo(11)
        .filter((number) => number !== 1)
        .map(textOf),
    );
    for (const position of numbersTo(5)) rig.journal.settle('honeycomb', position, 'whole');
    await pass(rig, 100);
    expect(await afterKill(rig)).toEqual({ numbers: [5, 6, 8, 9, 10], counted: 0 });
  });

  it('gives what can be read of an earlier run, a bad sector or not', async () => {
    await leaveBehind(12);
    const rig = await startRig(unusable);
    await appendAll(rig.journal, 1, 12);
    const reader = rig.journal.reader('honeycomb');
    rig.files.fault = ({ operation, path }) =>
      operation === 'file.read' && path.endsWith('05.seg') ? { code: 'EIO' } : undefined;
    await vi.waitFor(
      async () => {
        await pass(rig, RETRY_MS);
        expect(rig.journal.mode).toBe('disk');
      },
      { interval: 1 },
    );

    const texts = await readAll(reader);
    expect(texts).toEqual([0, 1, 2, 3, 4, 10, 11, 12].map(textOf));
    expect(countedBy(rig.events, 'honeycomb')).toBe(5);
    await rig.journal.shutdown(never);
  });

  it('leaves nothing behind that a destination which is off could wait for', async () => {
    await leaveBehind(2);
    const rig = await startRig(unusable, { destinations: ['honeycomb'], maxAgeMs: Number.MAX_SAFE_INTEGER });
    await appendAll(rig.journal, 6, 2);
    await backOnDisk(rig);
    for (const read of await collect(rig.journal)) rig.journal.settle('honeycomb', read, 'whole');
    await rig.journal.shutdown(never);

    const again = await startSeen({ dataDir: dir.path, destinations: DESTINATIONS });
    expect(await readNumbers(again.journal, 'rollbar')).toEqual([0, 2, 3, 4, 5, 6, 7]);
    for (const read of await collect(again.journal, 'rollbar'))
      again.journal.settle('rollbar', read, 'whole');
    await again.journal.shutdown(never);
    expect(await segmentFiles(dir.path)).toHaveLength(1);
  });

  it.each([
    ['another process has locked it', async () => acquireLock(dir.path), 'another sidecast'],
    [
      'it has a layout that is not known',
      async () => writeFile(join(dir.path, 'VERSION'), '7\nwritten by sidecast 9.1\n'),
      'sidecast 9.1',
    ],
  ] as const)('stays unused while %s', async (_, take, why) => {
    const rig = await startRig(unusable);
    await mkdir(dir.path, { recursive: true });
    const lock = await take();
    rig.files.fault = () => undefined;
    await appendAll(rig.journal, 2);
    await vi.waitFor(
      async () => {
        await pass(rig, RETRY_MS);
        expect(rig.journal.health().reason?.message).toContain(why);
      },
      { interval: 1 },
    );

    expect(rig.journal.mode).toBe('memory');
    expect(await readNumbers(rig.journal)).toEqual([0, 1]);
    await lock?.release();
    await rig.journal.shutdown(never);
  });
});

describe('a directory that changes under a running journal', () => {
  it('has another journal in it by then, and keeps that', async () => {
    const rig = await startRig();
    await appendAll(rig.journal, 2);
    rig.files.fault = full;
    await appendAll(rig.journal, 2, 2);
    const foreign = join(dir.path, 'journal', `${'2'.padStart(20, '0')}.seg`);
    await writeFile(foreign, 'x'.repeat(1000));
    rig.files.fault = () => undefined;
    await vi.waitFor(
      async () => {
        await pass(rig, RETRY_MS);
        expect(rig.journal.health().reason?.message).toContain('another journal');
      },
      { interval: 1 },
    );

    expect(await readFile(foreign, 'utf8')).toBe('x'.repeat(1000));
    expect(await readNumbers(rig.journal)).toEqual(numbersTo(4));
    await rm(foreign);
    await backOnDisk(rig);
    await rig.journal.shutdown(never);
  });
});

describe('a journal in memory', () => {
  it('counts what is left in it at the end', async () => {
    const { journal, events } = await startSeen({ dataDir: 'memory', destinations: DESTINATIONS });
    await appendAll(journal, 4);
    journal.settle('rollbar', 0, 'whole');
    await journal.shutdown(never);

    expect(events.lostItems).toEqual({ honeycomb: 12, rollbar: 9 });
  });

  it('says at once that a directory cannot be used', async () => {
    const files = createFaultyFiles();
    files.fault = unusableDirectory;
    const { journal, fallback } = await openJournal({
      dataDir: dir.path,
      maxBytes: 1024 * 1024,
      maxAgeMs: 1000,
      fsync: 'never',
      destinations: ['honeycomb'],
      clock: new ManualClock(),
      events: (await startSeen({ dataDir: 'memory' })).events,
      files,
    });

    expect(fallback?.message).toContain('EACCES');
    await journal.start();
    await journal.append(accepted('x'));
    await journal.shutdown(never);
  });
});

const unusableDirectory = (): Fault => ({ code: 'EACCES' });
