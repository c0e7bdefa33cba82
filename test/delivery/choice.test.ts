// Part of the tests: what is chosen away from a destination, and what is left alone until that is known.
import { describe, expect, it } from 'vitest';
import { type Choice, choosing, EVERYTHING } from '../../src/delivery/choice.ts';
import type { Skip } from '../../src/delivery/exporter.ts';
import { isConserved } from '../../src/ledger/account.ts';
import type { JournalRecord } from '../../src/model/signals.ts';
import { ok, type Rig, segments, startRig, stubExporter } from '../support/delivery.ts';

const settled = (rig: Rig) => () => rig.counts().queued === 0;
const native = (from: number, to: number): Skip => ({ from, to, code: 'native_first' });
const sampled = (from: number, to: number): Skip => ({ from, to, outcome: 'sampled', code: 'sampled' });

async function startWith(choose: (record: JournalRecord) => Choice) {
  const exporter = stubExporter(() => ok);
  const rig = await startRig(choosing(exporter, [choose]));
  return { exporter, rig };
}

describe(choosing, () => {
  it('books what is not for a destination at once, and encodes none of it', async () => {
    const exporter = stubExporter(() => ok);
    const encoded: number[] = [];
    const watched = {
      ...exporter,
      encode(record: JournalRecord) {
        encoded.push(record.position);
        return exporter.encode(record);
      },
    };
    const rig = await startRig(choosing(watched, [() => ({ without: [native(0, 3)] })]));
    const events: number[] = [];
    rig.ledger.subscribe((event) => void (event.kind === 'settled' && events.push(event.items)));
    await rig.accept(segments('a', 'b', 'c'));
    await rig.until(settled(rig));

    expect(rig.counts()).toMatchObject({ accepted: 3, skipped: 3 });
    expect(rig.ledger.account('aws-xray')?.reasons.skipped).toEqual({ native_first: 3 });
    expect([encoded, events]).toEqual([[], [3]]);
    expect(rig.journal.backlog('aws-xray').bytes).toBe(0);
    await rig.stop();
  });

  it('sends the rest of a record, and keeps the books for each outcome', async () => {
    const { exporter, rig } = await startWith(() => ({ without: [native(1, 2), sampled(3, 5)] }));
    await rig.accept(segments('a', 'bad-native', 'skip', 'b', 'bad-sampled', 'c', 'bad'));
    await rig.until(settled(rig));

    expect(exporter.sent.flat()).toEqual(['a', 'c']);
    expect(rig.counts()).toEqual({
      accepted: 7,
      delivered: 2,
      skipped: 2,
      sampled: 2,
      rejected: 1,
      dropped: 0,
      queued: 0,
    });
    expect(rig.ledger.account('aws-xray')?.reasons).toMatchObject({
      skipped: { native_first: 1, not_applicable: 1 },
      rejected: { invalid_item: 1 },
    });
    expect(rig.letters).toHaveLength(1);
    await rig.stop();
  });

  it('tells the exporter which items are out, so that it does not count them', async () => {
    const exporter = stubExporter(() => ok);
    const told: boolean[][] = [];
    const watched: typeof exporter = {
      ...exporter,
      encode(record, { isOut = () => false } = {}) {
        told.push([0, 1, 2, 3].map(isOut));
        return exporter.encode(record);
      },
    };
    const choose = (): Choice => ({ without: [native(1, 2), sampled(3, 4)] });
    const rig = await startRig(choosing(watched, [choose]));
    await rig.accept(segments('a', 'b', 'c', 'd'));
    await rig.until(settled(rig));

    expect(told).toEqual([[false, true, false, true]]);
    await rig.stop();
  });

  it('gives the first reason where two choosers have something against an item', async () => {
    const exporter = stubExporter(() => ok);
    const first = () => ({ without: [native(1, 3)] });
    const second = () => ({ without: [sampled(0, 2)] });
    const rig = await startRig(choosing(exporter, [first, second]));
    await rig.accept(segments('a', 'b', 'c', 'd'));
    await rig.until(settled(rig));

    expect(rig.counts()).toMatchObject({ accepted: 4, delivered: 1, skipped: 2, sampled: 1 });
    await rig.stop();
  });
});

describe('a record whose fate is open', () => {
  const HOLD_MS = 10_000;

  /** Holds records of more than one item until ten seconds after they came; then their second item is native. */
  function startHolding() {
    return startWith(({ summary, receivedAtMs }) => {
      if (summary.items === 1) return EVERYTHING;
      return { without: [native(1, 2)], undecidedUntilMs: receivedAtMs + HOLD_MS };
    });
  }

  it('waits, and holds up nothing that came behind it', async () => {
    const { exporter, rig } = await startHolding();
    await rig.accept(segments('early', 'native'));
    await rig.accept(segments('late'));
    await rig.until(() => rig.counts().delivered === 1);
    expect(exporter.sent).toEqual([['late']]);
    expect(rig.counts()).toMatchObject({ accepted: 3, queued: 2 });
    expect(isConserved(rig.counts())).toBe(true);

    await rig.until(settled(rig));

    expect(rig.clock.now()).toBeGreaterThanOrEqual(1_800_000_000_000 + HOLD_MS);
    expect(exporter.sent).toEqual([['late'], ['early']]);
    expect(rig.counts()).toMatchObject({ delivered: 2, skipped: 1 });
    await rig.stop();
  });

  it('is decided as it stands when the process stops, and the journal with it', async () => {
    const { exporter, rig } = await startHolding();
    await rig.accept(segments('early', 'native'));
    await rig.accept(segments('late'));
    await rig.until(() => rig.counts().delivered === 1);
    await rig.delivery.shutdown(new AbortController().signal);

    expect(exporter.sent.flat()).toEqual(['late', 'early']);
    expect(rig.counts()).toMatchObject({ delivered: 2, skipped: 1, queued: 0 });
    await rig.journal.shutdown(AbortSignal.abort());
  });

  it('counts as dropped once when the journal gives it up meanwhile', async () => {
    const { exporter, rig } = await startHolding();
    await rig.accept(segments('early', 'native'));
    await rig.accept(segments('late'));
    await rig.until(() => rig.counts().delivered === 1);
    await rig.journal.shutdown(AbortSignal.abort());
    await rig.delivery.shutdown(AbortSignal.abort());

    expect(exporter.sent.flat()).toEqual(['late']);
    expect(rig.counts()).toMatchObject({ accepted: 3, delivered: 1, dropped: 2, queued: 0 });
  });
});
