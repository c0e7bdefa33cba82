// Part of the tests: what a vendor refused for good is kept, or counted, whatever became of its record and of the disk meanwhile.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { createDeadLetterMemory } from '../../src/delivery/dead-letters/memory.ts';
import type { ExportResult } from '../../src/delivery/exporter.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { createBufferPool } from '../../src/model/buffer-pool.ts';
import { ok, type Rig, reason, segments, startRig, stubExporter } from '../support/delivery.ts';
import { ManualClock, temporaryDir } from '../support/records.ts';

const rejected: ExportResult = { status: 'rejected', reason: reason('vendor_rejected') };
const rethrow = (error: Error) => {
  throw error;
};
const names = (count: number, name = 'item') =>
  Array.from({ length: count }, (_, index) => `${name}${index}`);

let rig: Rig | undefined;
afterEach(async () => {
  await rig?.stop();
  rig = undefined;
});

/** Dead letters that can be written or not. */
function lettersThat(state: { canBeWritten: boolean }) {
  const memory = createDeadLetterMemory();
  return {
    newest: memory.newest,
    async write(letters: Parameters<typeof memory.write>[0]) {
      if (!state.canBeWritten) throw new Error('EACCES');
      await memory.write(letters);
    },
  };
}

describe('while dead letters cannot be written', () => {
  const start = async (state: { canBeWritten: boolean }) => {
    const exporter = stubExporter((items) =>
      items.some(({ value }) => value.startsWith('no')) ? rejected : ok,
    );
    rig = await startRig(exporter, 'memory', () => 0.5, new ManualClock(), rethrow, {
      letters: lettersThat(state),
    });
    return { ...rig, exporter };
  };

  it('what was refused waits and all else goes on; it is buried when they can be', async () => {
    const state = { canBeWritten: false };
    const { accept, until, counts, letters, exporter, clock } = await start(state);
    for (let record = 0; record < 20; record++)
      await accept(segments('no', 'bad', ...names(5, `${record}-`), 'skip'));

    await until(() => counts().delivered === 100);
    // More than it can send at once were refused, each of them once.
    const requests = exporter.sent.length;
    clock.advance(60_000);
    await until(() => true);
    expect(exporter.sent).toHaveLength(requests);
    expect(counts()).toMatchObject({ delivered: 100, skipped: 20, rejected: 0, queued: 40 });
    expect(letters).toEqual([]);

    state.canBeWritten = true;
    await until(() => counts().queued === 0);
    expect(counts()).toMatchObject({ delivered: 100, skipped: 20, rejected: 40, dropped: 0 });
    expect(letters.map(({ id }) => id).sort()).toEqual(
      Array.from({ length: 20 }, (_, record) => [`${record}:0`, `${record}:1`])
        .flat()
        .sort(),
    );
    expect(isConserved(counts())).toBe(true);
  });

  it('a destination of which everything is refused reads no further at some point, and goes on by itself later', async () => {
    const state = { canBeWritten: false };
    const { accept, until, counts, exporter, clock } = await start(state);
    for (let record = 0; record < 1200; record++) await accept(segments(`bad${record}`));
    await accept(segments('fine'));

    for (let turn = 0; turn < 500; turn++) await endOfTurn();
    expect(counts().queued).toBe(1201);
    clock.advance(60_000);
    for (let turn = 0; turn < 500; turn++) await endOfTurn();
    expect(exporter.sent).toEqual([]);

    state.canBeWritten = true;
    await until(() => counts().queued === 0);
    expect(counts()).toMatchObject({ delivered: 1, rejected: 1200 });
  });

  it('and a request that was refused without names, too, ends as a suspect letter', async () => {
    const state = { canBeWritten: false };
    const anonymous: ExportResult = {
      status: 'delivered',
      refused: [],
      anonymous: { items: 1, message: 'one' },
    };
    rig = await startRig(
      stubExporter(() => anonymous),
      'memory',
      () => 0.5,
      new ManualClock(),
      rethrow,
      {
        letters: lettersThat(state),
      },
    );
    await rig.accept(segments('a'));
    rig.clock.advance(5000);
    for (let turn = 0; turn < 50; turn++) await endOfTurn();
    expect(rig.counts()).toMatchObject({ queued: 1 });

    state.canBeWritten = true;
    await rig.until(() => rig?.counts().queued === 0);
    expect(rig.letters).toMatchObject([{ suspect: true, reason: { code: 'vendor_anonymous' } }]);
    expect(rig.counts()).toMatchObject({ rejected: 1, delivered: 0 });
  });
});

describe('an item whose record the journal gave up while it was on its way', () => {
  /** Ages out while the vendor thinks; what is refused then. */
  async function refuseAfterEviction(bytes: number) {
    let answer: (result: ExportResult) => void = () => undefined;
    const exporter = stubExporter(
      () =>
        new Promise<ExportResult>((resolve) => {
          answer = resolve;
        }),
      { maxBytes: 100_000_000, concurrency: 1 },
    );
    rig = await startRig(exporter, 'memory', () => 0.5, new ManualClock(), rethrow, { maxAgeMs: 60_000 });
    await rig.accept(segments('x'.repeat(bytes)));
    await rig.until(() => exporter.sent.length === 1);
    rig.clock.advance(120_000);
    for (let turn = 0; turn < 50; turn++) await endOfTurn();
    // The journal has given it up, and nobody counts it yet: it may be delivered.
    expect(rig.journal.backlog('aws-xray').oldestReceivedAtMs).toBeUndefined();
    expect(rig.counts()).toMatchObject({ queued: 1, dropped: 0 });
    answer(rejected);
    await rig.until(() => rig?.counts().queued === 0);
    return rig;
  }

  it('has a dead letter all the same', async () => {
    const { counts, letters } = await refuseAfterEviction(10);

    expect(counts()).toMatchObject({ rejected: 1, dropped: 0 });
    expect(letters).toMatchObject([{ id: '0:0', document: 'x'.repeat(10) }]);
  });

  it('is dropped, and why is said, where nothing is left of it', async () => {
    // More than a destination holds for others.
    const { counts, letters, ledger } = await refuseAfterEviction(9 * 1024 * 1024);

    expect(letters).toEqual([]);
    expect(counts()).toMatchObject({ rejected: 0, dropped: 1 });
    expect(ledger.account('aws-xray')?.reasons.dropped).toEqual({ max_age: 1 });
  });
});

describe('many refusals', () => {
  it('of one record read it once, one by one or together', async () => {
    const dir = await temporaryDir();
    const pool = createBufferPool(1024 * 1024);
    let taken = 0;
    const counting = {
      ...pool,
      take(bytes: number) {
        taken += 1;
        return pool.take(bytes);
      },
    };
    const first = await startRig(
      stubExporter(() => ok),
      dir.path,
      () => 0.5,
      new ManualClock(),
    );
    await first.delivery.shutdown(AbortSignal.abort());
    for (let record = 0; record < 3; record++)
      await first.accept(segments(...names(60, 'x'.repeat(500)), ...names(20, 'bad')));
    await first.stop();

    rig = await startRig(
      stubExporter(() => rejected),
      dir.path,
      () => 0.5,
      new ManualClock(),
      rethrow,
      {
        pool: counting,
      },
    );
    await rig.until(() => rig?.counts().queued === 0);

    expect(rig.counts()).toMatchObject({ rejected: 240, delivered: 0 });
    expect(new Set(rig.letters.map(({ id }) => id)).size).toBe(240);
    expect(taken).toBe(3);
    await rig.stop();
    rig = undefined;
    await dir.remove();
  });
});
