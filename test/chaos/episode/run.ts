// Part of the chaos tests: one seed: everything goes wrong for a while, then nothing does, and then the books are compared.

import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Status } from '../../../src/admin/status.ts';
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { type Sandbox, sandboxSettings, startSandbox } from '../../../src/sandbox/index.ts';
import { eventually } from '../../support/app.ts';
import { seededRandom } from '../../support/random.ts';
import { type Sidecast, startSidecast } from '../../support/sidecast.ts';
import { auditItems, type Outcome } from './audit.ts';
import type { SourceItem } from './items.ts';
import { type MixedLoad, startMixedLoad } from './load.ts';
import { type Action, countSteps, makePlan, type Step } from './plan.ts';
import { type LastSeen, watchStatus } from './watch.ts';

const SABOTAGE = join(import.meta.dirname, '..', '..', 'support', 'sabotage.mjs');
/** The last run of the process gets this much new data besides what waits. */
const LAST_LOAD_MS = 2000;
/** A blocked or long failing destination is tried every 30 s; a full disk every 10 s. */
const DRAINED_WITHIN_MS = 150_000;
const JOURNAL_BACK_WITHIN_MS = 30_000;
/** A stop with every destination hanging takes this long. */
const SHUTDOWN_TIMEOUT_MS = 3000;

/** Of what was lost at one destination. */
const SHOWN = 20;

const seconds = (ms: number) => `${(ms / 1000).toFixed(2).padStart(7)} s`;

export interface Episode {
  seed: number;
  /** From the first start to the audit. */
  durationMs: number;
  /** How often what was done to it: the plan's steps by kind, without those that end a fault. */
  done: { kills: number; stops: number; vendorFaults: number; diskFaults: number };
  timeline: readonly string[];
  logs: readonly string[];
  acknowledged: number;
  /** By destination, of everything that was answered with success. */
  outcomes: Readonly<Record<DestinationId, Outcome>>;
  /** X-Ray's books of the datagrams: segments, whether delivered or refused for good. */
  segments: { sent: number; found: number; runs: readonly LastSeen[] };
  /** The last run of the process, whose counts nothing has taken away. */
  last: { status: Status; found: Readonly<Record<DestinationId, number>> };
}

export async function runEpisode(seed: number, durationMs: number): Promise<Episode> {
  const plan = makePlan(seededRandom(seed), durationMs);
  const timeline: string[] = [`seed ${seed}`];
  const startedMs = performance.now();
  const note = (text: string) => timeline.push(`${seconds(performance.now() - startedMs)}  ${text}`);
  const arrivals: [destination: DestinationId, id: string][] = [];
  const sandbox = await startSandbox({ onItem: (destination, id) => void arrivals.push([destination, id]) });
  const sidecast = await startSidecast(
    {
      ...sandboxSettings(sandbox.url),
      SIDECAST_ROUTING: 'all',
      SIDECAST_SHUTDOWN_TIMEOUT: `${SHUTDOWN_TIMEOUT_MS}ms`,
    },
    { preload: SABOTAGE },
  );
  const load = startMixedLoad(sidecast, seededRandom(seed + 1));
  const watch = watchStatus(sidecast, () => load.datagrams.length);
  try {
    const follow = async (steps: readonly Step[]) => {
      for (const { atMs, action } of steps) {
        await delay(Math.max(0, atMs - (performance.now() - startedMs)));
        note(await perform(action, sandbox, sidecast));
      }
    };
    await Promise.all([follow(plan.vendors), follow(plan.process)]);
    note('everything is well again');
    const before = await lastStart(sandbox, sidecast);
    arrivals.length = 0;
    await sidecast.restart();
    note('the last run begins');
    await delay(LAST_LOAD_MS);
    await load.stop();
    const status = await eventually(
      () => sidecast.status(),
      ({ destinations }) => DESTINATION_IDS.every((id) => destinations[id].counts.queued === 0),
      DRAINED_WITHIN_MS,
    );
    note('nothing is queued any more');
    await watch.stop();
    const outcomes = await auditItems(sandbox.url, sidecast.dataDir, load.acknowledged);
    const segments = await auditItems(sandbox.url, sidecast.dataDir, load.datagrams);
    const { arrived, rejected } = segments['aws-xray'];
    for (const id of DESTINATION_IDS)
      for (const { names, sentAtMs } of outcomes[id].lost.slice(0, SHOWN))
        timeline.push(`lost at ${id}, answered at ${seconds(sentAtMs - startedMs)}: ${names.join(' ')}`);
    return {
      seed,
      durationMs: Math.round(performance.now() - startedMs),
      done: countSteps(plan),
      timeline,
      logs: sidecast.logs,
      acknowledged: load.acknowledged.length,
      outcomes,
      segments: { sent: load.datagrams.length, found: arrived + rejected, runs: watch.runs },
      last: { status, found: foundSince(before, sandbox, arrivals, load) },
    };
  } catch (error) {
    const lines = [...timeline, ...sidecast.logs.slice(-30)];
    throw new Error(`SEED=${seed}: ${(error as Error).message}\n${lines.join('\n')}`, { cause: error });
  } finally {
    await watch.stop();
    await load.stop();
    await sidecast.stop();
    await sandbox.close();
  }
}

async function perform(action: Action, sandbox: Sandbox, sidecast: Sidecast): Promise<string> {
  switch (action.kind) {
    case 'fault':
      sandbox.setFault(action.destination, action.fault);
      return `${action.destination}: ${JSON.stringify(action.fault)}`;
    case 'disk':
      await sidecast.tell({ disk: action.disk });
      return `disk: ${action.disk ?? 'well'}`;
    case 'stall':
      await sidecast.tell({ stallMs: action.stallMs });
      return `disk: stalls for ${action.stallMs} ms`;
    case 'signal': {
      // What is accepted while the disk fails is in memory and ends with the process: that is said in /status, and no kill's fault.
      const waitedMs = await untilOnDisk(sidecast);
      const { code, signal } = await sidecast.kill(action.signal);
      await delay(action.downMs);
      await sidecast.restart();
      const waited = waitedMs > 0 ? `, after ${waitedMs} ms for the journal to be on disk` : '';
      return `${action.signal}${waited}: ended with ${code ?? signal}, started again`;
    }
  }
}

async function untilOnDisk(sidecast: Sidecast): Promise<number> {
  const sinceMs = performance.now();
  await sidecast.tell({ disk: null, stallMs: 0 });
  const { journal } = await sidecast.status();
  if (journal.mode === 'disk') return 0;
  await eventually(
    () => sidecast.status(),
    (status) => status.journal.mode === 'disk',
    JOURNAL_BACK_WITHIN_MS,
  );
  return Math.round(performance.now() - sinceMs);
}

/** Ends the process when no request of it is on its way: what arrives from here on, the next run has sent. */
async function lastStart(sandbox: Sandbox, sidecast: Sidecast) {
  for (const id of DESTINATION_IDS) sandbox.setFault(id, { kind: 'none' });
  await untilOnDisk(sidecast);
  await sidecast.kill('SIGKILL');
  await eventually(
    () => DESTINATION_IDS.map((id) => sandbox.waiting(id)),
    (waiting) => waiting.every((count) => count === 0),
  );
  // Requests that the dead process had written are answered by then.
  await delay(200);
  return sandbox.counts();
}

/** Source items that each destination was sent successfully since then. */
function foundSince(
  before: ReturnType<Sandbox['counts']>,
  sandbox: Sandbox,
  arrivals: readonly (readonly [DestinationId, string])[],
  load: MixedLoad,
): Record<DestinationId, number> {
  const sources = new Map<string, SourceItem>();
  const key = (id: DestinationId, name: string) => `${id} ${name}`;
  for (const item of [...load.acknowledged, ...load.datagrams, ...load.unanswered])
    for (const id of DESTINATION_IDS) for (const name of item.ids[id] ?? []) sources.set(key(id, name), item);
  const found = (id: DestinationId) => {
    const names = arrivals.filter(([destination]) => destination === id).map(([, name]) => key(id, name));
    // One that nobody sent counts as itself, and so is found out.
    return new Set(names.map((name) => sources.get(name) ?? name)).size;
  };
  const { requests, refused } = sandbox.counts().rollbar;
  return {
    honeycomb: found('honeycomb'),
    'aws-xray': found('aws-xray'),
    'aws-cloudwatch-logs': found('aws-cloudwatch-logs'),
    // Rollbar discards a uuid that it has, so what came again is only among the requests.
    rollbar: requests - refused - (before.rollbar.requests - before.rollbar.refused),
  };
}
