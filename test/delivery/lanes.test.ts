// Part of the tests: a destination that returns after a while, or is slower than the input. Backlog and live data share what it takes.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BatchLimits, ExportResult } from '../../src/delivery/exporter.ts';
import { LATE_MS, Lanes } from '../../src/delivery/lanes.ts';
import { Delivery } from '../../src/delivery/loop.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { noPool } from '../../src/model/buffer-pool.ts';
import type { Clock } from '../../src/model/clock.ts';
import { LIMITS, ok, type Rig, reason, segments, startRig, stubExporter } from '../support/delivery.ts';
import { accepted, ManualClock, startJournal } from '../support/records.ts';

const unreachable: ExportResult = {
  status: 'retryable',
  reason: reason('vendor_unavailable'),
  counts: false,
};
const STEP_MS = 10;

/** A vendor that takes `concurrency` requests at a time, each of which lasts `requestMs`: that is its capacity. */
async function startVendor(requestMs: number, limits: Partial<BatchLimits> = {}) {
  const acceptedAtMs = new Map<string, number>();
  const arrivals: { name: string; atMs: number }[] = [];
  const vendor = {
    isUp: true,
    /** A partition whose key is refused. */
    refused: undefined as string | undefined,
    /** Items that cost their request. */
    isPoison: (_name: string): boolean => false,
    /** Requests that it takes in a second; it throttles the others. */
    perSecond: Number.POSITIVE_INFINITY,
    /** Requests that they cost. */
    poisoned: 0,
  };
  let rig: Rig | undefined;
  let tokens = 0;
  let lastMs = 0;
  const clock = (): Clock => (rig as Rig).clock;
  const exporter = stubExporter(async (items) => {
    if (!vendor.isUp) return unreachable;
    if (items[0]?.partition === vendor.refused) return { status: 'blocked', reason: reason('unauthorized') };
    const earnedMs = clock().now() - lastMs;
    lastMs = clock().now();
    tokens = Math.min(vendor.perSecond, tokens + (earnedMs * vendor.perSecond) / 1000);
    if (tokens < 1) return { status: 'retryable', reason: reason('throttled'), counts: false };
    tokens -= 1;
    await new Promise<void>((resolve) => clock().schedule(requestMs, resolve));
    if (items.some(({ value }) => vendor.isPoison(value))) {
      vendor.poisoned += 1;
      return { ...unreachable, counts: true };
    }
    for (const { value } of items) arrivals.push({ name: value, atMs: clock().now() });
    return ok;
  }, limits);
  rig = await startRig(exporter);
  const started = rig;
  const { maxItems, concurrency } = exporter.limits;
  let serial = 0;
  return {
    ...started,
    vendor,
    arrivals,
    itemsPerSecond: (maxItems * concurrency * 1000) / requestMs,
    async accept(items: number, partition = '') {
      const names = Array.from({ length: items }, () => `${partition}${serial++}`);
      for (const name of names) acceptedAtMs.set(name, started.clock.now());
      await started.accept({ ...segments(...names), receivedAtMs: started.clock.now() });
    },
    /** `itemsPerSecond` arrive, in records of about 20 a second. */
    async pass(ms: number, itemsPerSecond: number, partition = '') {
      let owed = 0;
      for (let at = 0; at < ms; at += STEP_MS) {
        owed += (itemsPerSecond * STEP_MS) / 1000;
        if (at % 50 === 0 && owed >= 1) {
          await this.accept(Math.floor(owed), partition);
          owed -= Math.floor(owed);
        }
        started.clock.advance(STEP_MS);
        for (let turn = 0; turn < 4; turn++) await endOfTurn();
      }
    },
    /** From acceptance to delivery, of what was accepted since `sinceMs`. What has not arrived counts as never. */
    latencyMs(share: number, sinceMs: number, isMeant: (name: string) => boolean = () => true): number {
      const arrivedAtMs = new Map(arrivals.map(({ name, atMs }) => [name, atMs]));
      const untilMs = started.clock.now() - 3000;
      const latencies = [...acceptedAtMs]
        .filter(([name, atMs]) => atMs >= sinceMs && atMs < untilMs && isMeant(name))
        .map(([name, atMs]) => (arrivedAtMs.get(name) ?? Number.POSITIVE_INFINITY) - atMs)
        .sort((a, b) => a - b);
      expect(latencies.length).toBeGreaterThan(10);
      return latencies[Math.ceil(latencies.length * share) - 1] as number;
    },
    arrivedOf: (fromMs: number, toMs: number, sinceMs: number) =>
      arrivals.filter(({ name, atMs }) => {
        const accepted = acceptedAtMs.get(name) ?? 0;
        return accepted >= fromMs && accepted < toMs && atMs >= sinceMs;
      }).length,
    arrivedLate: (latencyMs: number, sinceMs: number) =>
      arrivals.filter(({ name, atMs }) => atMs >= sinceMs && atMs - (acceptedAtMs.get(name) ?? 0) > latencyMs)
        .length,
    async drained() {
      await started.until(() => started.counts().queued === 0);
      const names = arrivals.map(({ name }) => name);
      expect(new Set(names).size).toBe(acceptedAtMs.size);
      expect(names.length).toBe(acceptedAtMs.size);
      expect(isConserved(started.counts())).toBe(true);
    },
  };
}

describe(Delivery, () => {
  it('gives a backlog at least half of what the destination takes, while live data arrives within 2 s', async () => {
    const run = await startVendor(100);
    expect(run.itemsPerSecond).toBe(200);
    const startMs = run.clock.now();
    run.vendor.isUp = false;
    await run.pass(200_000, 80);
    run.vendor.isUp = true;
    const backMs = run.clock.now();
    // The last probe may have failed a moment ago: the next one comes within the longest backoff.
    while (run.arrivals.length === 0) await run.pass(100, 80);
    const firstMs = run.clock.now();

    await run.pass(60_000, 80);

    expect(run.latencyMs(0.99, firstMs)).toBeLessThanOrEqual(2000);
    const backlog = run.arrivedOf(startMs, backMs, firstMs);
    expect(backlog / (run.itemsPerSecond * 60)).toBeGreaterThanOrEqual(0.5);
    // What live data leaves over is the backlog's as well.
    expect(backlog / (run.itemsPerSecond * 60)).toBeGreaterThanOrEqual(0.55);
    await run.drained();
    await run.stop();
  }, 60_000);

  it('serves live data in time while more arrives than the destination takes, and loses none of the rest', async () => {
    const run = await startVendor(100);
    await run.pass(5000, 80);
    const slowSinceMs = run.clock.now();
    await run.pass(20_000, 400);
    expect(run.counts().queued).toBeGreaterThan(2000);
    // In the crush, too, each gets half: a quarter of what arrives is served in time, and what waited longer goes out as well.
    expect(run.latencyMs(0.22, slowSinceMs)).toBeLessThanOrEqual(2000);
    const crushedMs = slowSinceMs + 5000;
    const capacity = (run.itemsPerSecond * (run.clock.now() - crushedMs)) / 1000;
    expect(run.arrivedLate(2000, crushedMs) / capacity).toBeGreaterThanOrEqual(0.45);

    await run.pass(2000, 60);
    const easedMs = run.clock.now();
    await run.pass(20_000, 60);

    expect(run.latencyMs(0.99, easedMs)).toBeLessThanOrEqual(2000);
    await run.drained();
    await run.stop();
  }, 60_000);

  it('lets live data past a burst that is in memory already', async () => {
    const run = await startVendor(400, { maxItems: 1, concurrency: 4, maxWaitMs: 0 });
    await run.accept(300);
    await run.pass(3000, 0);
    const burstMs = run.clock.now();

    await run.pass(20_000, 3);

    expect(run.counts().queued).toBeGreaterThan(50);
    expect(run.latencyMs(0.99, burstMs)).toBeLessThanOrEqual(2000);
    await run.drained();
    await run.stop();
  }, 60_000);

  it('does not let the backlog of one partition hold up the live data of another', async () => {
    const run = await startVendor(100);
    run.vendor.isUp = false;
    await run.pass(60_000, 200, 'loud:');
    run.vendor.isUp = true;
    while (run.arrivals.length === 0) await run.pass(100, 0);
    const backMs = run.clock.now();

    await run.pass(20_000, 20, 'quiet:');

    expect(run.counts().queued).toBeGreaterThan(1000);
    expect(run.latencyMs(0.99, backMs, (name) => name.startsWith('quiet:'))).toBeLessThanOrEqual(2000);
    await run.drained();
    await run.stop();
  }, 60_000);

  it('keeps what a blocked partition is owed from both lanes, and delivers it once', async () => {
    const run = await startVendor(100);
    run.vendor.isUp = false;
    for (let round = 0; round < 60; round++) await run.pass(500, 400, round % 2 === 0 ? 'shut:' : '');
    run.vendor.isUp = true;
    run.vendor.refused = 'shut';
    for (let round = 0; round < 20; round++) await run.pass(500, 40, round % 2 === 0 ? 'shut:' : '');
    expect(run.ledger.account('aws-xray')?.state).toBe('blocked');
    expect(run.arrivals.filter(({ name }) => name.startsWith('shut:'))).toEqual([]);
    run.vendor.refused = undefined;

    for (let round = 0; round < 70; round++) await run.pass(500, 40, round % 2 === 0 ? 'shut:' : '');

    // The backlog is not gone yet, so what was parked of the live lane lies ahead of it.
    expect(run.counts().queued).toBeGreaterThan(1000);
    expect(run.ledger.account('aws-xray')?.state).toBe('on');
    await run.drained();
    await run.stop();
  }, 60_000);

  it('holds nobody up while one item fails again and again', async () => {
    const run = await startVendor(50);
    const startMs = run.clock.now();
    run.vendor.isPoison = (name) => name === '50';

    await run.pass(120_000, 40);

    expect(run.vendor.poisoned).toBeGreaterThan(10);
    expect(run.latencyMs(0.99, startMs, (name) => name !== '50')).toBeLessThanOrEqual(1000);
    expect(run.latencyMs(0.999, startMs, (name) => name !== '50')).toBeLessThanOrEqual(20_000);
    expect(run.counts()).toMatchObject({ rejected: 0, dropped: 0 });
    run.vendor.isPoison = () => false;
    await run.drained();
    await run.stop();
  }, 60_000);

  it('holds nobody up while more items fail than can be in flight', async () => {
    const run = await startVendor(200, { maxItems: 1, concurrency: 4, maxWaitMs: 0 });
    run.vendor.isPoison = (name) => name.startsWith('poison');
    const startMs = run.clock.now();
    for (let second = 0; second < 40; second++) {
      await run.pass(900, 5);
      await run.accept(1, 'poison');
      await run.pass(100, 5);
    }

    expect(run.latencyMs(0.95, startMs, (name) => !name.startsWith('poison'))).toBeLessThanOrEqual(2000);
    expect(run.counts()).toMatchObject({ rejected: 0, dropped: 0 });
    expect(run.counts().queued).toBeGreaterThanOrEqual(40);
    run.vendor.isPoison = () => false;
    await run.drained();
    await run.stop();
  }, 60_000);

  it('shares what a vendor takes that throttles what is beyond', async () => {
    const run = await startVendor(20);
    run.vendor.perSecond = 20;
    run.vendor.isUp = false;
    await run.pass(200_000, 60);
    run.vendor.isUp = true;
    const backMs = run.clock.now();
    const startMs = backMs - 200_000;
    while (run.arrivals.length === 0) await run.pass(100, 60);
    const firstMs = run.clock.now();

    await run.pass(60_000, 60);

    expect(run.latencyMs(0.99, firstMs)).toBeLessThanOrEqual(2000);
    const backlog = run.arrivedOf(startMs, backMs, firstMs);
    expect(backlog / (run.vendor.perSecond * LIMITS.maxItems * 60)).toBeGreaterThanOrEqual(0.5);
    await run.drained();
    await run.stop();
  }, 60_000);

  it('has one lane again when the backlog is gone: a second outage is no different from the first', async () => {
    const run = await startVendor(50);
    for (let outage = 0; outage < 3; outage++) {
      run.vendor.isUp = false;
      await run.pass(20_000, 80);
      run.vendor.isUp = true;
      const before = run.arrivals.length;
      while (run.arrivals.length === before) await run.pass(100, 80);
      const backMs = run.clock.now();
      await run.pass(10_000, 80);
      expect(run.latencyMs(0.99, backMs)).toBeLessThanOrEqual(2000);
    }
    await run.drained();
    await run.stop();
  }, 60_000);

  it('sends no more than its concurrency allows at any time', async () => {
    let open = 0;
    let most = 0;
    const run = await startRig(
      stubExporter(async () => {
        open += 1;
        most = Math.max(most, open);
        await endOfTurn();
        open -= 1;
        return ok;
      }),
    );
    for (let i = 0; i < 50; i++) await run.accept(segments(`a:${i}`, `b:${i}`, `c:${i}`));

    await run.until(() => run.counts().queued === 0);

    expect(most).toBe(LIMITS.concurrency);
    await run.stop();
  });
});

describe(Lanes, () => {
  async function startLanes() {
    const clock = new ManualClock();
    const held = new Map<Uint8Array, number>();
    const hold = (change: number) => (buffer: Uint8Array) => {
      held.set(buffer, (held.get(buffer) ?? 0) + change);
    };
    const pool = { ...noPool, retain: hold(1), give: hold(-1) };
    const journal = await startJournal({ dataDir: 'memory', clock, pool });
    const lanes = new Lanes(journal.reader('honeycomb'));
    const receive = (text: string) => journal.append(accepted(text, 1, 'traces', clock.now()));
    const live = async () => (await lanes.nextLive(clock.now(), () => false))?.read.record.position;
    return { clock, journal, lanes, receive, live, held };
  }

  it('goes on with what is new where the live lane came upon what is not', async () => {
    const { clock, journal, lanes, receive, live } = await startLanes();
    await receive('backlog');
    clock.advance(2 * LATE_MS);
    lanes.open(clock.now());
    await receive('was new');
    clock.advance(2 * LATE_MS);
    const position = await receive('is new');

    expect(await live()).toBe(position);
    // What was left over is the other lane's.
    const left: (number | undefined)[] = [];
    for (let i = 0; i < 3; i++)
      left.push((await lanes.nextMain(clock.now(), (at) => at === position))?.read.record.position);
    expect(left).toEqual([position - 2, position - 1, undefined]);
    await journal.shutdown(AbortSignal.abort());
  });

  it('holds the bytes of what it took, and of nothing that it left over', async () => {
    const { clock, journal, lanes, receive, live, held } = await startLanes();
    lanes.open(clock.now());
    await receive('was new');
    clock.advance(2 * LATE_MS);
    await receive('is new');

    await live();

    const byText = [...held].map(([payload, holders]) => [Buffer.from(payload).toString(), holders]);
    expect(Object.fromEntries(byText)).toEqual({ 'was new': 0, 'is new': 1 });
    await journal.shutdown(AbortSignal.abort());
  });
});
