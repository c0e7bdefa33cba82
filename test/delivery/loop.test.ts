// Part of the tests: the delivery loop against a vendor that does as it is told.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ExportResult, Refusal } from '../../src/delivery/exporter.ts';
import { Delivery } from '../../src/delivery/loop.ts';
import { Schedule } from '../../src/delivery/schedule.ts';
import { ok, type Rig, reason, segments, startRig, stubExporter } from '../support/delivery.ts';
import { ManualClock } from '../support/records.ts';

const retryable = (counts = true): ExportResult => ({
  status: 'retryable',
  reason: reason('vendor_unavailable'),
  counts,
});
const settled = (rig: Rig) => () => rig.counts().queued === 0;

describe(Delivery, () => {
  it('waits for company, then sends a batch within the limits', async () => {
    const exporter = stubExporter(() => ok);
    const rig = await startRig(exporter);
    for (let i = 0; i < 24; i++) await rig.accept(segments(`item-${i}`));

    await rig.until(settled(rig));

    expect(exporter.sent.map((batch) => batch.length)).toEqual([10, 10, 4]);
    expect(exporter.sent.flat()).toEqual(Array.from({ length: 24 }, (_, i) => `item-${i}`));
    await rig.stop();
  });

  it('never exceeds the bytes of a request', async () => {
    const exporter = stubExporter(() => ok, { maxBytes: 20 });
    const rig = await startRig(exporter);
    await rig.accept(segments('12345678', '12345678', '12345678', '123'));

    await rig.until(settled(rig));

    expect(exporter.sent).toEqual([
      ['12345678', '12345678'],
      ['12345678', '123'],
    ]);
    await rig.stop();
  });

  it('counts skipped and rejected items and keeps a dead letter of the latter', async () => {
    const rig = await startRig(stubExporter(() => ok));
    await rig.accept(segments('a', 'skip', 'bad', 'b'));

    await rig.until(settled(rig));

    expect(rig.counts()).toMatchObject({ accepted: 4, delivered: 2, skipped: 1, rejected: 1, queued: 0 });
    expect(rig.letters).toMatchObject([{ id: '0:2', document: 'bad', reason: { code: 'invalid_item' } }]);
    await rig.stop();
  });

  it('bisects to the one item that the vendor refuses and delivers the rest', async () => {
    const exporter = stubExporter((items) =>
      items.some((item) => item.value === 'poison')
        ? { status: 'rejected', reason: reason('vendor_rejected') }
        : ok,
    );
    const rig = await startRig(exporter);
    await rig.accept(segments('a', 'b', 'c', 'poison', 'd', 'e', 'f'));

    await rig.until(settled(rig));

    expect(rig.counts()).toMatchObject({ delivered: 6, rejected: 1 });
    expect(rig.letters.map((letter) => letter.id)).toEqual(['0:3']);
    await rig.stop();
  });

  it('retries what the vendor names as retryable and buries what it names as refused', async () => {
    let calls = 0;
    const exporter = stubExporter((items) => {
      calls += 1;
      if (calls > 1) return ok;
      const vendor = { status: 200, body: 'named' };
      return {
        status: 'delivered',
        refused: items.flatMap((item, index): Refusal[] => {
          if (item.value === 'later')
            return [{ index, retryable: true, reason: reason('throttled'), vendor }];
          return item.value === 'never'
            ? [{ index, retryable: false, reason: reason('vendor_rejected'), vendor }]
            : [];
        }),
      };
    });
    const rig = await startRig(exporter);
    await rig.accept(segments('now', 'later', 'never'));

    await rig.until(settled(rig));

    expect(exporter.sent).toEqual([['now', 'later', 'never'], ['later']]);
    expect(rig.counts()).toMatchObject({ delivered: 2, rejected: 1 });
    expect(rig.letters).toMatchObject([{ id: '0:2', vendor: { body: 'named' } }]);
    await rig.stop();
  });

  it('counts an anonymous partial success and keeps the request as suspect', async () => {
    const exporter = stubExporter(() => ({
      status: 'delivered',
      refused: [],
      anonymous: { items: 2, message: 'two were bad' },
    }));
    const rig = await startRig(exporter);
    await rig.accept(segments('a', 'b', 'c', 'd'));

    await rig.until(settled(rig));

    expect(rig.counts()).toMatchObject({ delivered: 2, rejected: 2 });
    expect(rig.ledger.account('aws-xray')?.reasons.rejected).toEqual({ vendor_anonymous: 2 });
    expect(rig.letters.every((letter) => letter.suspect)).toBe(true);
    await rig.stop();
  });

  it('holds everything while the key is refused, says so, and goes on when it is taken', async () => {
    let isKeyGood = false;
    const exporter = stubExporter(() =>
      isKeyGood ? ok : { status: 'blocked', reason: reason('unauthorized') },
    );
    const rig = await startRig(exporter);
    for (let i = 0; i < 30; i++) await rig.accept(segments(`item-${i}`));
    await rig.until(() => exporter.sent.length >= 4);
    const whileBlocked = rig.ledger.account('aws-xray');

    expect(whileBlocked?.state).toBe('blocked');
    expect(rig.counts()).toMatchObject({ accepted: 30, queued: 30 });
    isKeyGood = true;
    await rig.until(settled(rig));

    expect(rig.ledger.account('aws-xray')?.state).toBe('on');
    expect(rig.counts().delivered).toBe(30);
    await rig.stop();
  });

  it('asks with one batch at a time while the vendor is down, and with a different one each time', async () => {
    let isUp = false;
    let most = 0;
    let open = 0;
    const exporter = stubExporter(async () => {
      open += 1;
      most = Math.max(most, isUp ? 0 : open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return isUp ? ok : retryable(false);
    });
    const rig = await startRig(exporter);
    for (let i = 0; i < 60; i++) await rig.accept(segments(`item-${i}`));
    await rig.until(() => exporter.sent.length >= 8);
    const probes = exporter.sent.slice(2, 8).map((batch) => batch[0]);

    expect(most).toBeLessThanOrEqual(2);
    expect(new Set(probes).size).toBeGreaterThan(1);
    for (let i = 1; i < probes.length; i++) expect(probes[i]).not.toBe(probes[i - 1]);
    isUp = true;
    await rig.until(settled(rig));
    expect(rig.counts().delivered).toBe(60);
    await rig.stop();
  });

  it('waits as long as the vendor asks', async () => {
    const sentAtMs: number[] = [];
    const exporter = stubExporter(() => {
      sentAtMs.push(rig.clock.now());
      return sentAtMs.length === 1
        ? { status: 'retryable', reason: reason('throttled'), counts: true, retryAfterMs: 7000 }
        : ok;
    });
    const rig: Rig = await startRig(exporter);
    await rig.accept(segments('a'));

    await rig.until(settled(rig));

    const waitedMs = (sentAtMs[1] ?? 0) - (sentAtMs[0] ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(7000);
    expect(waitedMs).toBeLessThan(7500);
    await rig.stop();
  });

  it('isolates a batch that fails while others succeed, and gives up its one bad item after 10 attempts over 15 minutes', async () => {
    const answer = (items: readonly { value: string }[]) =>
      items.some((item) => item.value === 'cursed') ? retryable() : ok;
    const exporter = stubExporter(answer, { maxWaitMs: 5000 });
    const rig = await startRig(exporter);
    await rig.accept(segments('a', 'b', 'cursed', 'c'));
    let fed = 0;
    await rig.until(() => {
      // Others go on: without them nobody could tell a bad item from a vendor that is down.
      if (rig.counts().rejected === 0 && rig.counts().queued <= 8 && fed < 3000)
        void rig.accept(segments(`other-${fed++}`));
      return rig.counts().rejected === 1 && rig.counts().queued === 0;
    });

    expect(rig.letters).toMatchObject([{ id: '0:2', document: 'cursed', reason: { code: 'vendor_error' } }]);
    expect(rig.counts().delivered).toBe(3 + fed);
    expect(rig.clock.now() - 1_800_000_000_000).toBeGreaterThanOrEqual(15 * 60_000);
    await rig.stop();
  });

  it('delivers one partition while another is blocked, however much waits for the latter', async () => {
    let isBlocked = true;
    const exporter = stubExporter(
      (items) =>
        isBlocked && items[0]?.partition === 'closed'
          ? { status: 'blocked', reason: reason('unauthorized') }
          : ok,
      { maxItems: 100, maxBytes: 4 * 1024 * 1024 },
    );
    const rig = await startRig(exporter);
    const big = 'x'.repeat(200_000);
    for (let i = 0; i < 80; i++) await rig.accept(segments(`closed:${i}${big}`, `open:${i}`));

    await rig.until(() => rig.counts().delivered === 80);
    expect(rig.counts().queued).toBe(80);
    expect(rig.ledger.account('aws-xray')?.state).toBe('blocked');
    isBlocked = false;
    await rig.until(settled(rig));

    expect(rig.counts()).toMatchObject({ accepted: 160, delivered: 160 });
    expect(new Set(exporter.sent.flat()).size).toBe(160);
    await rig.stop();
  });

  it('flushes at shutdown without waiting for company', async () => {
    const exporter = stubExporter(() => ok, { maxWaitMs: 3_600_000 });
    const rig = await startRig(exporter);
    await rig.accept(segments('a', 'b'));

    await rig.delivery.shutdown(new AbortController().signal);

    expect(rig.counts()).toMatchObject({ delivered: 2, queued: 0 });
    await rig.stop();
  });

  it('is safe to shut down twice, and without a start', async () => {
    const rig = await startRig(stubExporter(() => ok));

    await rig.stop();
    await rig.delivery.shutdown(AbortSignal.abort());

    expect(rig.counts().queued).toBe(0);
  });
});

/** Its timers go on as they were, as Node's do. */
class SetBack extends ManualClock {
  backMs = 0;

  override now(): number {
    return super.now() - this.backMs;
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await endOfTurn();
}

describe('a clock that is set back', () => {
  it('does not make a destination wait for longer than it would', async () => {
    const clock = new SetBack();
    let isDown = true;
    const exporter = stubExporter(() =>
      isDown ? { status: 'retryable', reason: reason('vendor_unavailable'), counts: false } : ok,
    );
    const run = await startRig(exporter, 'memory', () => 0.5, clock);
    await run.accept(segments('a'));
    await run.accept(segments('b'));
    for (let i = 0; i < 20; i++) {
      clock.advance(5000);
      await turns(20);
    }
    expect(exporter.sent.length).toBeGreaterThan(2);

    clock.backMs = 3_600_000;
    isDown = false;
    for (let i = 0; i < 70; i++) {
      clock.advance(1000);
      await turns(20);
    }

    expect(run.counts()).toMatchObject({ delivered: 2, queued: 0 });
    await run.stop();
  });
});

describe('partitions', () => {
  it('that have nothing to do are forgotten, and come back when there is something', () => {
    const schedule = new Schedule(stubExporter(() => ok));
    const busy = schedule.get('busy');
    busy.parked.add(7);
    const failing = schedule.get('failing');
    failing.block(reason('unauthorized'), 0);
    for (let i = 0; i < 1000; i++) {
      schedule.get(`p${i}`);
      schedule.forgetIdle();
    }

    expect([...schedule.all()].length).toBeLessThanOrEqual(200);
    expect(schedule.get('busy')).toBe(busy);
    expect(schedule.get('failing')).toBe(failing);
  });

  it('that share a source item settle it once both have had their part, also where one of them had to wait', async () => {
    let isShut = true;
    const exporter = stubExporter((items) =>
      items[0]?.partition === 'shut' && isShut ? { status: 'blocked', reason: reason('unauthorized') } : ok,
    );
    const encode = exporter.encode.bind(exporter);
    exporter.encode = (record) => {
      const { items, ...rest } = encode(record);
      return { ...rest, items: items.flatMap((item) => [item, { ...item, partition: 'shut' }]) };
    };
    const run = await startRig(exporter);
    for (let i = 0; i < 40; i++) {
      await run.accept(segments(`x${i}`));
      run.clock.advance(200);
      await turns(10);
    }
    expect(run.counts()).toMatchObject({ delivered: 0, queued: 40 });
    isShut = false;
    await run.until(() => run.counts().queued === 0);

    expect(run.counts()).toMatchObject({ delivered: 40, dropped: 0 });
    await run.stop();
  });
});

describe('a bug while outcomes are settled', () => {
  it('sends again what has no outcome, and nothing that has', async () => {
    const exporter = stubExporter(() => ok);
    const errors: Error[] = [];
    const run = await startRig(
      exporter,
      'memory',
      () => 0.5,
      new ManualClock(),
      (error) => void errors.push(error),
    );
    let settled = 0;
    run.ledger.subscribe(({ kind }) => {
      if (kind === 'settled' && ++settled === 3) throw new Error('a bug');
    });
    await run.accept(segments('a', 'b', 'c', 'd', 'e'));

    await run.until(() => run.counts().queued === 0);

    expect(errors).toMatchObject([{ message: 'a bug' }]);
    expect(exporter.sent).toEqual([
      ['a', 'b', 'c', 'd', 'e'],
      ['d', 'e'],
    ]);
    expect(run.counts()).toMatchObject({ accepted: 5, delivered: 5 });
    await run.stop();
  });
});
