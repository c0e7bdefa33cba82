// Part of the tests: records that another process has now: what waits of them is let go of, what is on the way ends here.
import { afterEach, describe, expect, it } from 'vitest';
import { isConserved } from '../../src/ledger/account.ts';
import { ok, type Rig, segments, startRig, stubExporter } from '../support/delivery.ts';

let rig: Rig;
afterEach(() => rig.stop());

const openItems = () => 1;

describe('a record that is handed over', () => {
  it('is neither sent nor counted here any more where it waits', async () => {
    const exporter = stubExporter(() => ok, { maxItems: 10, maxWaitMs: 100 });
    rig = await startRig(exporter);
    const theirs = await rig.accept(segments('a'));
    await rig.accept(segments('b'));
    await rig.until(() => rig.counts().queued === 2);
    await new Promise(setImmediate);

    const onTheWay = rig.delivery.handOver(new Set([theirs]), openItems);

    expect(onTheWay.size).toBe(0);
    expect(rig.counts()).toMatchObject({ accepted: 1, queued: 1 });
    await rig.until(() => rig.counts().delivered === 1);
    expect(exporter.sent).toEqual([['b']]);
    expect(isConserved(rig.counts())).toBe(true);
  });

  it('is counted here where it is on the way', async () => {
    let answer: (result: typeof ok) => void = () => undefined;
    const exporter = stubExporter(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    rig = await startRig(exporter);
    const theirs = await rig.accept(segments('a'));
    await rig.until(() => exporter.sent.length === 1);

    const onTheWay = rig.delivery.handOver(new Set([theirs]), openItems);

    expect([...onTheWay]).toEqual([theirs]);
    answer(ok);
    await rig.until(() => rig.counts().delivered === 1);
    expect(rig.counts()).toMatchObject({ accepted: 1, queued: 0 });
  });

  it('is counted here for what of it was on the way, and for no more', async () => {
    let answer: (result: typeof ok) => void = () => undefined;
    const exporter = stubExporter(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
      { maxItems: 2, concurrency: 1 },
    );
    rig = await startRig(exporter);
    const theirs = await rig.accept(segments('a', 'b', 'c'));
    await rig.until(() => exporter.sent.length === 1);

    expect([...rig.delivery.handOver(new Set([theirs]), openItems)]).toEqual([theirs]);
    answer(ok);

    await rig.until(() => rig.counts().delivered === 2);
    expect(rig.counts()).toMatchObject({ accepted: 2, queued: 0 });
    expect(exporter.sent).toEqual([['a', 'b']]);
  });
});

describe('stopping', () => {
  /** One request at a time, and a clock that stands: nothing waits for anything but its answer. */
  async function stopWith(isShared: boolean) {
    const answers: ((result: typeof ok) => void)[] = [];
    const exporter = stubExporter(() => new Promise((resolve) => answers.push(resolve)), {
      maxItems: 1,
      concurrency: 1,
    });
    rig = await startRig(exporter, 'memory', undefined, undefined, undefined, { isShared });
    for (const name of 'abcdef') await rig.accept(segments(name));
    await rig.until(() => exporter.sent.length === 1);
    const stopped = rig.delivery.shutdown(new AbortController().signal);
    await rig.accept(segments('late'));
    let isStopped = false;
    const stop = stopped.then(() => {
      isStopped = true;
    });
    await rig.until(() => {
      answers.shift()?.(ok);
      return isStopped;
    });
    await stop;
    return exporter.sent.flat();
  }

  it('sends all there is where nobody else would', async () => {
    expect(await stopWith(false)).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'late']);
  });

  it('sends what it has read, and reads no further, where others deliver the rest', async () => {
    const sent = await stopWith(true);

    expect(sent[0]).toBe('a');
    expect(sent).not.toContain('late');
    expect(rig.counts()).toMatchObject({ delivered: sent.length });
  });
});
