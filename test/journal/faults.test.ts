// Part of the tests: a disk that fails at any call. What was answered with success is delivered to everybody, or counted.
import { cp } from 'node:fs/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Journal } from '../../src/journal/journal.ts';
import { accepted, journalEvents, ManualClock, type SeenEvents, temporaryDir } from '../support/records.ts';
import { type Code, createFaultyFiles, type FaultyFiles } from './faults.ts';
import { countedBy, never, readNumbers, startSeen, textOf } from './support.ts';

type Fsync = 'interval' | 'always';

const DESTINATIONS = ['honeycomb', 'rollbar'] as const;
const RETRY_MS = 10_000;
const ROUNDS = 6;
const PER_ROUND = 4;
const RECORDS = ROUNDS * PER_ROUND;

interface Run {
  journal: Journal;
  files: FaultyFiles;
  events: SeenEvents;
  clock: ManualClock;
  /** Numbers of the records that were answered with success. */
  acknowledged: number[];
  settled: Record<(typeof DESTINATIONS)[number], Set<number>>;
}

async function ownDir(): Promise<string> {
  const dir = await temporaryDir();
  onTestFinished(() => dir.remove());
  return dir.path;
}

async function start(dataDir: string, fsync: Fsync, files = createFaultyFiles()): Promise<Run> {
  const clock = new ManualClock();
  const options = {
    dataDir,
    destinations: DESTINATIONS,
    fsync,
    clock,
    files,
    compress: { behindBytes: 20_000, oldMs: 0 },
  };
  const { journal, events } = await startSeen(options);
  const settled = { honeycomb: new Set<number>(), rollbar: new Set<number>() };
  return { journal, files, events, clock, acknowledged: [], settled };
}

/** Appends, settles, rolls, compresses, flushes and syncs: Honeycomb keeps up but for the last round, Rollbar takes one of each. */
async function play(run: Run): Promise<void> {
  const { journal, clock, files, acknowledged } = run;
  for (let round = 0; round < ROUNDS; round += 1) {
    const numbers = Array.from({ length: PER_ROUND }, (_, index) => round * PER_ROUND + index);
    const appends = numbers.map((number) => journal.append(accepted(textOf(number))));
    for (const [index, append] of (await Promise.allSettled(appends)).entries()) {
      const number = numbers[index] ?? 0;
      if (append.status === 'rejected') continue;
      acknowledged.push(number);
      if (round < ROUNDS - 1) settle(run, 'honeycomb', append.value, number);
      if (index === 1) settle(run, 'rollbar', append.value, number);
    }
    clock.advance(1000);
    await files.quiet();
  }
  clock.advance(RETRY_MS);
  await files.quiet();
}

function settle(
  run: Run,
  destination: (typeof DESTINATIONS)[number],
  position: number,
  number: number,
): void {
  run.journal.settle(destination, position, 'whole');
  run.settled[destination].add(number);
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

/** As kill -9 leaves it; the lock is free again. */
async function kill({ files, journal }: Run): Promise<void> {
  files.kill();
  await journal.shutdown(never);
}

/** Starts again, with a disk that works: what each destination is owed it gets, or it was counted as lost by now. */
async function audit(run: Run, dataDir: string, countedBefore = journalEvents()): Promise<void> {
  const { journal, events } = await start(dataDir, 'interval');
  for (const destination of DESTINATIONS) {
    const delivered = await readNumbers(journal, destination);
    const owed = run.acknowledged.filter((number) => !run.settled[destination].has(number));
    const undelivered = owed.filter((number) => !delivered.includes(number));
    const counted = countedBy(events, destination) + countedBy(countedBefore, destination);
    expect(new Set(delivered).size).toBe(delivered.length);
    expect(counted).toBeGreaterThanOrEqual(undelivered.length);
    expect(counted).toBeLessThanOrEqual(owed.length);
  }
  await journal.shutdown(never);
}

function failingAt(numbers: (number: number) => boolean, code: Code, wrote?: number): FaultyFiles {
  const files = createFaultyFiles();
  const fault = wrote === undefined ? { code } : { code, wrote };
  files.fault = ({ number }) => (numbers(number) ? fault : undefined);
  return files;
}

/** Runs `check` for each call that the script makes when nothing fails. */
async function atEachCall(
  fsync: Fsync,
  check: (call: number, dataDir: string) => Promise<void>,
): Promise<void> {
  const whole = await start(await ownDir(), fsync);
  await play(whole);
  await whole.journal.shutdown(never);
  const calls = whole.files.calls.length;
  expect(calls).toBeGreaterThan(50);
  // Compressing takes its own time: not every run makes as many calls.
  for (let call = 1; call <= calls + 10; call += 1) {
    await check(call, await ownDir()).catch((error: Error) => {
      throw new Error(`failing at call ${call}: ${error.message}`, { cause: error });
    });
  }
}

describe('a disk that fails at any call', () => {
  it.each([
    ['once', 'interval', 1, 'EIO', undefined],
    ['once, in the middle of a write', 'interval', 1, 'ENOSPC', 0.6],
    ['once', 'always', 1, 'EIO', undefined],
    ['twelve times in a row', 'always', 12, 'ENOSPC', 0.3],
  ] as const)(
    '%s (fsync %s) has everything in the end: a kill then loses nothing',
    async (_, fsync, calls, code, wrote) => {
      await atEachCall(fsync, async (call, dataDir) => {
        const isFailing = (number: number) => number >= call && number < call + calls;
        const run = await start(dataDir, fsync, failingAt(isFailing, code, wrote));
        await play(run);
        await backOnDisk(run);
        await kill(run);
        expect(run.acknowledged).toHaveLength(RECORDS);
        await audit(run, dataDir);
      });
    },
  );

  it.each(['interval', 'always'] as const)(
    'and from then on (fsync %s) leaves in memory what comes: at the end that is counted',
    async (fsync) => {
      await atEachCall(fsync, async (call, dataDir) => {
        const run = await start(
          dataDir,
          fsync,
          failingAt((number) => number >= call, 'EROFS'),
        );
        await play(run);
        await run.journal.shutdown(never);
        expect(run.acknowledged).toHaveLength(RECORDS);
        await audit(run, dataDir, run.events);
      });
    },
  );

  it('of the next start, or of reading, delivers everything', async () => {
    const dataDir = await ownDir();
    const first = await start(dataDir, 'interval');
    await play(first);
    await kill(first);
    for (let call = 1, isReached = true; isReached; call += 1) {
      const copy = await ownDir();
      await cp(dataDir, copy, { recursive: true, filter: (name) => !name.endsWith('lock') });
      const run = await start(
        copy,
        'interval',
        failingAt((number) => number === call, 'EIO'),
      );
      await backOnDisk(run);
      for (const destination of DESTINATIONS) {
        const owed = first.acknowledged.filter((number) => !first.settled[destination].has(number));
        expect([call, await readNumbers(run.journal, destination)]).toEqual([call, owed]);
      }
      isReached = run.files.calls.length >= call;
      await run.journal.shutdown(never);
    }
  });
});
