// Part of the tests: items of a record of which more is known later, and what becomes of all that waits when the process stops.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Choice, choosing, EVERYTHING } from '../../src/delivery/choice.ts';
import type { Exporter, Wait } from '../../src/delivery/exporter.ts';
import { isConserved } from '../../src/ledger/account.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { type Answer, ok, type Rig, reason, segments, startRig, stubExporter } from '../support/delivery.ts';
import { ManualClock } from '../support/records.ts';

const HOLD_MS = 40_000;
let dataDir: string;
let clock: ManualClock;
let rig: Rig;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sidecast-'));
  clock = new ManualClock();
});
afterEach(async () => {
  await rig.stop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Documents named `open…` wait until `HOLD_MS` after they came. */
function waitingExporter(answer: Answer = () => ok) {
  const exporter = stubExporter(answer);
  const asked: number[] = [];
  const watched: Exporter<string> & { sent: string[][] } = {
    ...exporter,
    encode(record, { isFinal = false } = {}) {
      asked.push(clock.now() - record.receivedAtMs);
      const encoded = exporter.encode(record);
      const untilMs = record.receivedAtMs + HOLD_MS;
      if (isFinal || untilMs <= clock.now()) return encoded;
      const waiting: Wait[] = encoded.items
        .filter(({ value }) => value.startsWith('open'))
        .map(({ sources: { from, to } }) => ({ from, to, untilMs }));
      const isWaiting = (from: number) => waiting.some((one) => one.from === from);
      return { ...encoded, items: encoded.items.filter(({ sources }) => !isWaiting(sources.from)), waiting };
    },
  };
  return { exporter: watched, asked };
}

const start = async <T>(exporter: Exporter<T>, dir: string) => {
  rig = await startRig(exporter, dir, () => 0.5, clock);
};
const settled = () => rig.counts().queued === 0;
const shutDown = () => rig.delivery.shutdown(new AbortController().signal);

describe('an item that waits', () => {
  it.each(['memory', 'disk'])(
    'is sent when its time has come, the rest of its record at once (%s)',
    async (where) => {
      const { exporter, asked } = waitingExporter();
      await start(exporter, where === 'disk' ? dataDir : 'memory');
      await rig.accept(segments('a', 'open', 'skip', 'bad'));
      await rig.until(() => rig.counts().queued === 1);
      expect(exporter.sent).toEqual([['a']]);
      expect(rig.counts()).toMatchObject({ delivered: 1, skipped: 1, rejected: 1 });
      expect(isConserved(rig.counts())).toBe(true);

      await rig.until(settled);

      expect(exporter.sent).toEqual([['a'], ['open']]);
      expect(rig.counts()).toMatchObject({ accepted: 4, delivered: 2, skipped: 1, rejected: 1 });
      expect(clock.now() - segments().receivedAtMs).toBeGreaterThanOrEqual(HOLD_MS);
      // Asked every 15 s, whatever it says.
      expect(asked.length).toBeLessThan(6);
      expect(rig.journal.backlog('aws-xray').bytes).toBe(0);
    },
  );

  it('is not sent twice while the rest of its record is refused', async () => {
    let isDown = true;
    const down = { status: 'retryable', reason: reason('vendor_unavailable'), counts: false } as const;
    const { exporter } = waitingExporter(() => (isDown ? down : ok));
    await start(exporter, 'memory');
    await rig.accept(segments('a', 'open'));
    await rig.until(() => clock.now() - segments().receivedAtMs > 2 * HOLD_MS);
    isDown = false;
    exporter.sent.length = 0;

    await rig.until(settled);

    expect(exporter.sent.flat().toSorted()).toEqual(['a', 'open']);
    expect(rig.counts()).toMatchObject({ delivered: 2, queued: 0 });
  });

  it('is left in the journal on disk when the process stops, and sent after the next start', async () => {
    const { exporter } = waitingExporter();
    await start(exporter, dataDir);
    await rig.accept(segments('a', 'open'));
    await rig.accept(segments('open too'));
    await rig.until(() => rig.counts().delivered === 1);
    await shutDown();
    expect(exporter.sent).toEqual([['a']]);
    expect(rig.counts()).toMatchObject({ delivered: 1, queued: 2, dropped: 0 });
    await rig.stop();

    await start(exporter, dataDir);
    expect(rig.counts()).toMatchObject({ accepted: 2, queued: 2 });
    await rig.until(settled);

    expect(exporter.sent.flat()).toEqual(['a', 'open', 'open too']);
  });

  it('is sent as it is when the process stops and the journal is in memory', async () => {
    const { exporter } = waitingExporter();
    await start(exporter, 'memory');
    await rig.accept(segments('a', 'open'));
    await rig.until(() => rig.counts().delivered === 1);

    await shutDown();

    expect(exporter.sent).toEqual([['a'], ['open']]);
    expect(rig.counts()).toMatchObject({ delivered: 2, queued: 0 });
  });
});

describe('a record that waits when the process stops', () => {
  const until =
    (kind: 'undecidedUntilMs' | 'vagueUntilMs') =>
    ({ receivedAtMs }: JournalRecord): Choice =>
      receivedAtMs + HOLD_MS <= clock.now() ? EVERYTHING : { without: [], [kind]: receivedAtMs + HOLD_MS };

  it('stays in the journal on disk where it may not be for this destination at all', async () => {
    const exporter = choosing(
      stubExporter(() => ok),
      [until('undecidedUntilMs')],
    );
    await start(exporter, dataDir);
    await rig.accept(segments('a'));
    await rig.until(() => clock.nextAtMs !== undefined);
    await shutDown();
    expect(rig.counts()).toMatchObject({ delivered: 0, queued: 1 });
    await rig.stop();

    await start(exporter, dataDir);
    await rig.until(settled);

    expect(rig.counts()).toMatchObject({ accepted: 1, delivered: 1 });
  });

  it('is sent where it goes in any case', async () => {
    await start(
      choosing(
        stubExporter(() => ok),
        [until('vagueUntilMs')],
      ),
      dataDir,
    );
    await rig.accept(segments('a'));
    await rig.until(() => clock.nextAtMs !== undefined);

    await shutDown();

    expect(rig.counts()).toMatchObject({ delivered: 1, queued: 0 });
  });
});
