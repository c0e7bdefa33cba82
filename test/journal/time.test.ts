// Part of the tests: a clock that is set back or forward under a journal.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accepted, ManualClock, temporaryDir } from '../support/records.ts';
import { never, readAll, segmentFiles, startSeen } from './support.ts';

const DAY_MS = 86_400_000;
const CHECK_MS = 10_000;

let dir: Awaited<ReturnType<typeof temporaryDir>>;

beforeEach(async () => {
  dir = await temporaryDir();
});
afterEach(() => dir.remove());

/** Its hands can be set, which timers do not notice. */
class WallClock extends ManualClock {
  #setMs = 0;

  override now(): number {
    return super.now() + this.#setMs;
  }

  set(byMs: number): void {
    this.#setMs += byMs;
  }
}

async function start() {
  const clock = new WallClock();
  const { journal, events } = await startSeen({ dataDir: dir.path, maxAgeMs: 7 * DAY_MS, clock });
  const append = (text: string) => journal.append(accepted(text, 1, 'traces', clock.now()));
  const days = (count: number) => {
    for (let i = 0; i < count * 8640; i += 1) clock.advance(CHECK_MS);
  };
  return { clock, journal, events, append, days };
}

describe('a clock that is set', () => {
  it('back keeps what is received before and after in order, with ages that go on', async () => {
    const { clock, journal, events, append, days } = await start();
    await append('before');
    days(1);
    clock.set(-30 * DAY_MS);
    days(1);
    await append('after');
    expect(await readAll(journal.reader('honeycomb'))).toEqual(['before', 'after']);

    days(4);
    expect(events.evictedRecords).toEqual([]);
    days(1.5);
    // Seven days after it was received, whatever the clock said meanwhile.
    expect(events.evictedRecords).toMatchObject([{ position: 0, code: 'max_age' }]);
    days(2);
    expect(events.evictedRecords).toHaveLength(2);
    await journal.shutdown(never);
  });

  it('forward gives nothing up before its time', async () => {
    const { clock, journal, events, append, days } = await start();
    await append('received in 1970');
    clock.set(20_000 * DAY_MS);
    days(6);

    expect(events.evictedRecords).toEqual([]);
    expect(await readAll(journal.reader('honeycomb'))).toEqual(['received in 1970']);
    await journal.shutdown(never);
  });

  it('back does not keep a segment open for ever', async () => {
    const { clock, journal, append, days } = await start();
    await append('before');
    clock.set(-30 * DAY_MS);
    days(0.1);
    await append('after');
    journal.settle('honeycomb', 0, 'whole');
    await journal.shutdown(never);

    expect(await segmentFiles(dir.path)).toHaveLength(1);
  });

  it('back between two runs changes nothing', async () => {
    const first = await start();
    await first.append('before');
    await first.journal.shutdown(never);
    const clock = new ManualClock(first.clock.now() - 30 * DAY_MS);
    const { journal, events } = await startSeen({ dataDir: dir.path, maxAgeMs: 7 * DAY_MS, clock });
    await journal.append(accepted('after', 1, 'traces', clock.now()));
    clock.advance(CHECK_MS);

    expect(await readAll(journal.reader('honeycomb'))).toEqual(['before', 'after']);
    expect(events.evictedRecords).toEqual([]);
    await journal.shutdown(never);
  });
});
