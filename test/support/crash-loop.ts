// Part of the tests: kill -9 at random moments under load, again and again; then what is missing and what came twice.
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../src/admin/status.ts';
import type { BatchLimits } from '../../src/delivery/exporter.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import type { Fault, Sandbox } from '../../src/sandbox/index.ts';
import { eventually } from './app.ts';
import type { Sidecast } from './sidecast.ts';
import type { SpanLoad } from './span-load.ts';

/** How all destinations are while a round lasts. */
export type Condition = 'healthy' | 'slow' | 'down';

const FAULTS: Readonly<Record<Condition, Fault>> = {
  healthy: { kind: 'none' },
  slow: { kind: 'slow', delayMs: 250 },
  down: { kind: 'status', status: 503 },
};

/** From the moment it listens. */
const LATEST_KILL_MS = 700;
/** From the start of a process: it is killed while it reads its journal. */
const LATEST_EARLY_KILL_MS = 400;
/** One start in this many is killed as well. */
const EARLY_KILL_EVERY = 5;
/** The cursor is written that much later at most (DESIGN, "Settling and accounting"). */
const UNWRITTEN_MS = 100;
/** How often arrivals are looked at; the window is that much wider. */
const SAMPLE_MS = 10;
const DELIVERED_WITHIN_MS = 120_000;

export interface CrashOptions {
  sandbox: Sandbox;
  sidecast: Sidecast;
  load: SpanLoad;
  limits: Readonly<Record<DestinationId, BatchLimits>>;
  kills: number;
  /** In turn, a round each. */
  conditions: readonly Condition[];
  random: () => number;
}

export interface CrashFigures {
  acknowledged: number;
  /** Ids that were answered with success and never came. */
  missing: readonly string[];
  /** Items that came again under their own id. */
  duplicates: number;
  /** What may come again: DESIGN section 1, summed over the kills. */
  allowed: number;
  /** Items under an id that nobody sent: an id that changed on the way would show up here. */
  strangers: number;
}

export interface CrashReport {
  kills: number;
  /** Spans answered with success in each round. */
  acknowledgedPerRound: readonly number[];
  destinations: Readonly<Record<DestinationId, CrashFigures>>;
  /** At the end, when nothing is queued. */
  status: Status;
}

interface Sample {
  atMs: number;
  items: Readonly<Record<DestinationId, number>>;
}

const perDestination = <T>(of: (id: DestinationId) => T) =>
  Object.fromEntries(DESTINATION_IDS.map((id) => [id, of(id)])) as Record<DestinationId, T>;

export async function crashLoop(options: CrashOptions): Promise<CrashReport> {
  const { sandbox, sidecast, load, kills, conditions, random } = options;
  const allowed = perDestination(() => 0);
  const acknowledgedPerRound: number[] = [];
  const samples: Sample[] = [];
  const sample = () =>
    samples.push({ atMs: performance.now(), items: perDestination((id) => sandbox.counts()[id].items) });
  const sampling = setInterval(sample, SAMPLE_MS);
  const kill = async () => {
    const killedAtMs = performance.now();
    await sidecast.kill('SIGKILL');
    const repeats = mayRepeat(options, samples, killedAtMs);
    for (const id of DESTINATION_IDS) allowed[id] += repeats[id];
  };

  let done = 0;
  while (done < kills) {
    const condition = conditions[acknowledgedPerRound.length % conditions.length] ?? 'healthy';
    for (const id of DESTINATION_IDS) sandbox.setFault(id, FAULTS[condition]);
    const already = load.acknowledged.honeycomb.length;
    // The first one hits a data directory that has nothing but its first records.
    if (done > 0) await delay(random() * LATEST_KILL_MS);
    await eventually(
      () => load.acknowledged.honeycomb.length,
      (count) => count > already,
    );
    await kill();
    done += 1;
    acknowledgedPerRound.push(load.acknowledged.honeycomb.length - already);
    if (done % EARLY_KILL_EVERY === 0 && done < kills) {
      const starting = sidecast.restart().catch(() => undefined);
      await delay(random() * LATEST_EARLY_KILL_MS);
      await kill();
      await starting;
      done += 1;
    }
    await sidecast.restart();
  }
  clearInterval(sampling);
  for (const id of DESTINATION_IDS) sandbox.setFault(id, FAULTS.healthy);
  await load.stop();
  const status = await eventually(
    () => sidecast.status(),
    ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
    DELIVERED_WITHIN_MS,
  );
  const destinations = perDestination((id) => ({ ...figures(options, id), allowed: allowed[id] }));
  return { kills: done, acknowledgedPerRound, destinations, status };
}

/** How many items of each destination one kill may bring twice: what was on its way, and what was settled but not written. */
function mayRepeat(
  { sandbox, load, limits }: CrashOptions,
  samples: readonly Sample[],
  killedAtMs: number,
): Record<DestinationId, number> {
  const before = samples.findLast(({ atMs }) => atMs <= killedAtMs - UNWRITTEN_MS - SAMPLE_MS) ?? samples[0];
  return perDestination((id) => {
    const { items, uniqueItems } = sandbox.counts()[id];
    const settledLately = items - (before?.items[id] ?? 0);
    const notThereYet = load.sent[id].length - uniqueItems;
    return settledLately + Math.min(limits[id].maxItems * limits[id].concurrency, notThereYet);
  });
}

function figures({ sandbox, load }: CrashOptions, id: DestinationId): Omit<CrashFigures, 'allowed'> {
  const { requests, refused, items, uniqueItems } = sandbox.counts()[id];
  const notArrived = sandbox.audit(id, load.sent[id]).missing.length;
  return {
    acknowledged: load.acknowledged[id].length,
    missing: sandbox.audit(id, load.acknowledged[id]).missing,
    // Rollbar discards a uuid that it has already, so what came again is among the requests and not among the items.
    duplicates: id === 'rollbar' ? requests - refused - uniqueItems : items - uniqueItems,
    strangers: uniqueItems - (load.sent[id].length - notArrived),
  };
}
