// Part of the tests: kill -9 at random moments under load. What was answered with success arrives; little arrives twice.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchLimits } from '../../src/delivery/exporter.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { exporterLimits } from '../support/limits.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';

const KILLS = 10;
/** From the moment it listens. */
const LATEST_KILL_MS = 700;
/** The cursor is written that much later at most (DESIGN, "Settling and accounting"). */
const UNWRITTEN_MS = 100;
/** How often arrivals are looked at; the window is that much wider. */
const SAMPLE_MS = 10;
const DELIVERED_WITHIN_MS = 60_000;

interface Sample {
  atMs: number;
  items: Readonly<Record<DestinationId, number>>;
}

let sandbox: Sandbox;
let sidecast: Sidecast;
let limits: Readonly<Record<DestinationId, BatchLimits>>;
let load: SpanLoad;

const perDestination = <T>(of: (id: DestinationId) => T) =>
  Object.fromEntries(DESTINATION_IDS.map((id) => [id, of(id)])) as Record<DestinationId, T>;
const arrivals = () => perDestination((id) => sandbox.counts()[id].items);

/** How many items of each destination one kill may bring twice: what was on its way, and what was settled but not written. */
function mayRepeat(samples: readonly Sample[], killedAtMs: number): Record<DestinationId, number> {
  const before = samples.findLast(({ atMs }) => atMs <= killedAtMs - UNWRITTEN_MS - SAMPLE_MS) ?? samples[0];
  return perDestination((id) => {
    const arrived = sandbox.counts()[id].items;
    const settledLately = arrived - (before?.items[id] ?? 0);
    const notThereYet = load.sent[id].length - sandbox.counts()[id].uniqueItems;
    return settledLately + Math.min(limits[id].maxItems * limits[id].concurrency, notThereYet);
  });
}

beforeAll(async () => {
  sandbox = await startSandbox();
  limits = await exporterLimits(settingsOf(sandbox));
  sidecast = await startSidecast(settingsOf(sandbox));
  load = startSpanLoad(sidecast.otlpUrl);
});
afterAll(async () => {
  await load?.stop();
  await sidecast?.stop();
  await sandbox?.close();
});

describe('kill -9 under load, ten times in a row', () => {
  const allowed = perDestination(() => 0);
  const acknowledgedInRound: number[] = [];

  beforeAll(async () => {
    const samples: Sample[] = [];
    const sampling = setInterval(
      () => samples.push({ atMs: performance.now(), items: arrivals() }),
      SAMPLE_MS,
    );
    for (let kill = 0; kill < KILLS; kill += 1) {
      const already = load.acknowledged.honeycomb.length;
      // The first one hits a data directory that has nothing but its first records.
      if (kill > 0) await delay(Math.random() * LATEST_KILL_MS);
      await eventually(
        () => load.acknowledged.honeycomb.length,
        (count) => count > already,
      );
      const killedAtMs = performance.now();
      await sidecast.kill('SIGKILL');
      const repeats = mayRepeat(samples, killedAtMs);
      for (const id of DESTINATION_IDS) allowed[id] += repeats[id];
      acknowledgedInRound.push(load.acknowledged.honeycomb.length - already);
      await sidecast.restart();
    }
    clearInterval(sampling);
    await load.stop();
    await eventually(
      () => sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
      DELIVERED_WITHIN_MS,
    );
  });

  it('was answering while it was killed', () => {
    expect(acknowledgedInRound).toHaveLength(KILLS);
    expect(Math.min(...acknowledgedInRound)).toBeGreaterThan(0);
    expect(load.sent.honeycomb.length).toBeGreaterThan(load.acknowledged.honeycomb.length);
  });

  it.each(DESTINATION_IDS)('brings to %s everything that was answered with success', (id) => {
    expect(load.acknowledged[id].length).toBeGreaterThan(KILLS);
    expect(sandbox.audit(id, load.acknowledged[id]).missing).toEqual([]);
  });

  it.each(DESTINATION_IDS)(
    'brings to %s no more twice than was on its way or settled in the last 100 ms',
    (id) => {
      const { items, uniqueItems } = sandbox.counts()[id];

      expect(items - uniqueItems).toBeLessThanOrEqual(allowed[id]);
    },
  );

  it('rejects and drops nothing on the way', async () => {
    const { destinations } = await sidecast.status();

    for (const id of DESTINATION_IDS)
      expect(destinations[id].counts, id).toMatchObject({ rejected: 0, dropped: 0 });
  });
});
