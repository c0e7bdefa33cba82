// Part of the tests: every row of JOURNAL_FAULTS: what was answered with success is delivered in the end, or counted.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Journal } from '../../src/journal/journal.ts';
import { accepted, ManualClock, temporaryDir } from '../support/records.ts';
import { ITEMS, JOURNAL_FAULTS, PER_PHASE } from './fault-table.ts';
import { createFaultyFiles } from './faults.ts';
import { countedBy, never, numbersTo, readNumbers, startSeen, textOf } from './support.ts';

const DESTINATIONS = ['honeycomb', 'rollbar'] as const;
const RETRY_MS = 10_000;

let dir: Awaited<ReturnType<typeof temporaryDir>>;
beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

/** Turned by hand, and set: timers go on as they were. */
class SetClock extends ManualClock {
  aheadMs = 0;

  override now(): number {
    return super.now() + this.aheadMs;
  }
}

/** Honeycomb settles nothing, Rollbar everything: there is a settlement to be written. */
async function append(journal: Journal, phase: number, clock: ManualClock): Promise<void> {
  for (const number of numbersTo(PER_PHASE).map((one) => phase * PER_PHASE + one)) {
    const position = await journal.append(accepted(textOf(number), ITEMS, 'traces', clock.now()));
    journal.settle('rollbar', position, 'whole');
  }
}

describe.each(JOURNAL_FAULTS)('$what', (row) => {
  it('costs what the table says', async () => {
    const files = createFaultyFiles();
    const clock = new SetClock();
    const options = {
      dataDir: dir.path,
      destinations: DESTINATIONS,
      files,
      clock,
      fsync: row.syncsEach ? 'always' : 'interval',
    } as const;
    const fault = row.fault ?? (() => undefined);
    let { journal, events } = await startSeen(options);
    const pass = async (ms: number) => {
      clock.advance(ms);
      await files.quiet();
    };
    await append(journal, 0, clock);
    if (row.fromStart) {
      await journal.shutdown(never);
      files.fault = fault;
      ({ journal, events } = await startSeen(options));
    }
    files.fault = fault;
    await row.act?.(dir.path, (byMs) => {
      clock.aheadMs = byMs;
    });
    if (row.act) await pass(RETRY_MS);
    await append(journal, 1, clock);
    await pass(1000);
    expect(journal.health().reason?.code).toBe(row.code);
    expect(journal.mode).toBe(row.mode);

    if (!row.lasts) {
      files.fault = () => undefined;
      await vi.waitFor(
        async () => {
          await pass(RETRY_MS);
          expect([journal.mode, journal.health().reason]).toEqual(['disk', undefined]);
        },
        { interval: 1 },
      );
    }
    await append(journal, 2, clock);
    if (!row.lasts) files.kill();
    await journal.shutdown(never);

    const next = await startSeen({ dataDir: dir.path, destinations: DESTINATIONS, clock });
    const numbers = await readNumbers(next.journal);
    const counted = countedBy(events, 'honeycomb') + countedBy(next.events, 'honeycomb');
    await next.journal.shutdown(never);
    expect(numbers).toEqual(numbersTo(row.delivered));
    expect(counted).toBe(row.countedItems);
  });
});
