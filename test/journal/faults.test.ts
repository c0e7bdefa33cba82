// Part of the tests: a disk that fails at any call. What was answered with success is delivered to everybody, or counted.
import { cp } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Journal, JournalReader } from '../../src/journal/journal.ts';
import type { DestinationId } from '../../src/model/signals.ts';
import {
  accepted,
  journalEvents,
  ManualClock,
  type SeenEvents,
  startJournal,
  temporaryDir,
} from '../support/records.ts';
import { type Code, createFaultyFiles, type FaultyFiles } from './faults.ts';

const never = new AbortController().signal;
type Fsync = 'interval' | 'always';

const DESTINATIONS = ['honeycomb', 'rollbar'] as const;
/** Segments of 8 KiB: a script of some records fills several. */
const MAX_BYTES = 64 * 1024;
const RECORD_BYTES = 1500;
const RETRY_MS = 10_000;
const ROUNDS = 8;
const RECORDS = ROUNDS * 4;

let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

interface Run {
  journal: Journal;
  files: FaultyFiles;
  events: SeenEvents;
  clock: ManualClock;
  /** Answered with success. */
  acknowledged: string[];
  settled: Record<(typeof DESTINATIONS)[number], Set<string>>;
}

async function start(
  dataDir: string,
  fsync: 'interval' | 'always',
  files = createFaultyFiles(),
): Promise<Run> {
  const events = journalEvents();
  const clock = new ManualClock();
  const journal = await startJournal({
    dataDir,
    destinations: DESTINATIONS,
    maxBytes: MAX_BYTES,
    fsync,
    clock,
    events,
    files,
    compressBehindBytes: 20_000,
  });
  const settled = { honeycomb: new Set<string>(), rollbar: new Set<string>() };
  return { journal, files, events, clock, acknowledged: [], settled };
}

/** Appends, settles, rolls, compresses, flushes and syncs, the disk failing where it is told to. */
async function play(run: Run): Promise<void> {
  const { journal, clock, files, acknowledged } = run;
  for (let round = 0; round < ROUNDS; round += 1) {
    const texts = Array.from({ length: 4 }, (_, index) => textOf(round * 4 + index));
    const positions = await Promise.all(
      texts.map((text) => journal.append(accepted(text)).catch(() => undefined)),
    );
    acknowledged.push(...texts.filter((_, index) => positions[index] !== undefined));
    // Honeycomb keeps up but for the last; Rollbar takes one of a round.
    for (const [index, text] of texts.entries()) {
      const position = positions[index];
      if (position === undefined) continue;
      if (round < ROUNDS - 1) settle(run, 'honeycomb', position, text);
      if (index === 1) settle(run, 'rollbar', position, text);
    }
    clock.advance(1000);
    await files.quiet();
  }
  clock.advance(RETRY_MS);
  await files.quiet();
}

/** The directory is tried until nothing is wrong any more. */
async function backOnDisk({ journal, clock, files }: Run): Promise<void> {
  await vi.waitFor(
    async () => {
      clock.advance(RETRY_MS);
      await files.quiet();
      expect([journal.mode, journal.health().reason?.message]).toEqual(['disk', undefined]);
    },
    { interval: 1, timeout: 5000 },
  );
}

function settle(
  { journal, settled }: Run,
  destination: (typeof DESTINATIONS)[number],
  position: number,
  text: string,
) {
  journal.settle(destination, position, 'whole');
  settled[destination].add(text);
}

const textOf = (number: number) => `record ${number} `.padEnd(RECORD_BYTES, 'x');

/** Starts again on the same directory, with a disk that works: what does each destination get, and what is counted as lost? */
async function audit(run: Run, dataDir: string): Promise<void> {
  const again = await start(dataDir, 'interval');
  for (const destination of DESTINATIONS) {
    const texts = await readAll(again.journal.reader(destination));
    const owed = run.acknowledged.filter((text) => !run.settled[destination].has(text));
    const undelivered = owed.filter((text) => !texts.includes(text));
    const counted = countedBy(run.events, destination) + countedBy(again.events, destination);
    expect(texts.filter((text) => !/^record \d+ x+$/.test(text) || text.length !== RECORD_BYTES)).toEqual([]);
    expect(new Set(texts).size).toBe(texts.length);
    expect({
      destination,
      undelivered: undelivered.length <= counted,
      counted,
      of: undelivered.length,
    }).toMatchObject({
      undelivered: true,
    });
  }
  await again.journal.shutdown(never);
}

function countedBy(events: SeenEvents, destination: DestinationId): number {
  const gone = [...events.missingRecords, ...events.evictedRecords].filter(
    (one) => one.destination === destination,
  );
  return gone.reduce((sum, { items }) => sum + items, 0) + (events.lostItems[destination] ?? 0);
}

async function readAll(reader: JournalReader): Promise<string[]> {
  const texts: string[] = [];
  for (let read = await reader.next(); read; read = await reader.next())
    texts.push(Buffer.from(read.record.payload).toString());
  return texts;
}

/** How many calls the script makes when nothing fails. */
async function countCalls(fsync: Fsync): Promise<number> {
  const own = await temporaryDir();
  const run = await start(own.path, fsync);
  await play(run);
  await run.journal.shutdown(never);
  await own.remove();
  return run.files.calls.length;
}

/** As kill -9 leaves it; the lock is free again. */
async function kill({ files, journal }: Run): Promise<void> {
  files.kill();
  await journal.shutdown(never);
}

const failingAt = (numbers: (number: number) => boolean, code: Code, wrote?: number): FaultyFiles => {
  const files = createFaultyFiles();
  files.fault = ({ number }) =>
    numbers(number) ? { code, ...(wrote === undefined ? {} : { wrote }) } : undefined;
  return files;
};

/** Runs `check` for each call of the script as the one from which on the disk fails. */
async function atEachCall(
  fsync: Fsync,
  check: (call: number, dataDir: string) => Promise<void>,
): Promise<void> {
  const calls = await countCalls(fsync);
  expect(calls).toBeGreaterThan(80);
  for (let call = 1; call <= calls; call += 1) {
    const own = await temporaryDir();
    await check(call, own.path).catch((error: Error) => {
      throw new Error(`failing at call ${call}: ${error.message}`, { cause: error });
    });
    await own.remove();
  }
}

describe.each(['interval', 'always'] as const)('with fsync %s, a disk that fails', (fsync) => {
  it.each([
    ['EIO', undefined],
    ['ENOSPC', 0.6],
  ] as const)(
    'once, at any call (%s), takes everything in the end: a kill then loses nothing',
    async (code, wrote) => {
      await atEachCall(fsync, async (call, dataDir) => {
        const run = await start(
          dataDir,
          fsync,
          failingAt((number) => number === call, code, wrote),
        );
        await play(run);
        await backOnDisk(run);
        await kill(run);
        expect(run.acknowledged).toHaveLength(RECORDS);
        await audit({ ...run, events: journalEvents() }, dataDir);
      });
    },
  );

  it('for some time, from any call on, takes everything in the end: a kill then loses nothing', async () => {
    await atEachCall(fsync, async (call, dataDir) => {
      const isFailing = (number: number) => number >= call && number < call + 12;
      const run = await start(dataDir, fsync, failingAt(isFailing, 'ENOSPC', 0.3));
      await play(run);
      await backOnDisk(run);
      await kill(run);
      expect(run.acknowledged).toHaveLength(RECORDS);
      await audit({ ...run, events: journalEvents() }, dataDir);
    });
  });

  it('for good, from any call on, goes on in memory: what is left there at the end is counted', async () => {
    await atEachCall(fsync, async (call, dataDir) => {
      const run = await start(
        dataDir,
        fsync,
        failingAt((number) => number >= call, 'EROFS'),
      );
      await play(run);
      await run.journal.shutdown(never);
      expect(run.acknowledged).toHaveLength(RECORDS);
      await audit(run, dataDir);
    });
  });

  it('once, at any call of the next start and of reading, delivers everything', async () => {
    const first = await start(dir.path, fsync);
    await play(first);
    await kill(first);
    for (let call = 1, isReached = true; isReached; call += 1) {
      const copy = await temporaryDir();
      await cp(dir.path, copy.path, { recursive: true, filter: (name) => !name.endsWith('lock') });
      const files = failingAt((number) => number === call, 'EIO');
      const run = await start(copy.path, fsync, files);
      await backOnDisk(run);
      for (const destination of DESTINATIONS) {
        const texts = await readAll(run.journal.reader(destination));
        const owed = first.acknowledged.filter((text) => !first.settled[destination].has(text));
        expect([call, destination, owed.filter((text) => !texts.includes(text))]).toEqual([
          call,
          destination,
          [],
        ]);
      }
      isReached = files.calls.length >= call;
      await run.journal.shutdown(never);
      await copy.remove();
    }
  });
});
