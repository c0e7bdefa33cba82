// Part of the chaos tests: one fault at one destination: what is said of it, what the others do meanwhile, how it ends.
import { env } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { DestinationStatus } from '../../../src/admin/status.ts';
import { isConserved } from '../../../src/ledger/account.ts';
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { eventually } from '../../support/app.ts';
import { readLetters } from '../letters.ts';
import { type Bench, startBench } from './bench.ts';
import type { FaultRow } from './faults.ts';

/** Of each destination that is well. */
export const SAMPLES = Number(env['SAMPLES'] ?? 2000);

export interface Latency {
  samples: number;
  p50Ms: number;
  p99Ms: number;
}

export interface CellResult {
  fault: string;
  destination: DestinationId;
  /** As /status said it while the trouble lasted. */
  state: string;
  code: string | undefined;
  /** Items of the load, as the destination counts them. */
  items: { acknowledged: number; arrived: number; rejected: number; suspect: number; lost: number };
  duplicates: number;
  /** Items that still waited when the trouble was ended. */
  queued: number;
  /** From mending until nothing waits, what was sent after the mending included. */
  recoveredAfterMs: number;
  /** What was sent after the mending has arrived. */
  deliversAgain: boolean;
  booksClose: boolean;
  others: Readonly<Partial<Record<DestinationId, Latency>>>;
}

/** A request that hangs is given up after 10 s. */
const SEEN_WITHIN_MS = 40_000;
/** A blocked destination is tried again after 30 s, and so is one that has failed for long (DESIGN section 6). */
const RECOVERED_WITHIN_MS = 90_000;
const WARM_ITEMS = 300;
/** One item may hold up those that shared its request, until it is found among them. */
const HELD_SHARE = 0.1;

/** Resolves when the load is over; `result` when the trouble has ended and everything has found its end. */
export async function runCell(
  row: FaultRow,
  destination: DestinationId,
): Promise<{ result: Promise<CellResult> }> {
  const bench = await startBench(row.trouble, destination);
  try {
    await warmUp(bench);
    await bench.break();
    const healthy = DESTINATION_IDS.filter((id) => id !== destination);
    const others = await measure(bench, healthy);
    return { result: finish(bench, row, destination, others).finally(() => bench.close()) };
  } catch (error) {
    await bench.close();
    throw error;
  }
}

/** What all four do when nothing is wrong. */
export async function runUndisturbed(): Promise<Readonly<Partial<Record<DestinationId, Latency>>>> {
  const bench = await startBench(undefined, undefined);
  try {
    await warmUp(bench);
    return await measure(bench, DESTINATION_IDS);
  } finally {
    await bench.close();
  }
}

async function warmUp({ sandbox }: Bench): Promise<void> {
  await eventually(
    () => sandbox.counts(),
    (counts) => DESTINATION_IDS.every((id) => counts[id].uniqueItems >= WARM_ITEMS),
  );
}

async function measure(
  bench: Bench,
  healthy: readonly DestinationId[],
): Promise<Readonly<Partial<Record<DestinationId, Latency>>>> {
  bench.startMeasuring();
  await eventually(
    () => healthy.every((id) => bench.sent(id) >= SAMPLES),
    (isEnough) => isEnough,
    60_000,
  );
  bench.stopMeasuring();
  // The load goes on: without it the last items would wait for company that never comes.
  await eventually(
    () => healthy.filter((id) => bench.latenciesMs(id).length < bench.sent(id)),
    (late) => late.length === 0,
    30_000,
  );
  await bench.load.stop();
  return Object.fromEntries(healthy.map((id) => [id, summarize(bench.latenciesMs(id))]));
}

function summarize(latenciesMs: readonly number[]): Latency {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN);
  return { samples: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99) };
}

async function finish(
  bench: Bench,
  row: FaultRow,
  destination: DestinationId,
  others: CellResult['others'],
): Promise<CellResult> {
  const { sandbox, sidecast, load } = bench;
  const said = await observe(bench, row, destination);
  const mendedMs = performance.now();
  await bench.mend();
  const afterwards = (await load.sendOne())[destination];
  const status = await eventually(
    async () => (await sidecast.status()).destinations[destination],
    ({ counts }) => counts.queued === 0,
    RECOVERED_WITHIN_MS,
  );
  const recoveredAfterMs = Math.round(performance.now() - mendedMs);
  const acknowledged = load.acknowledged[destination];
  const { missing } = sandbox.audit(destination, acknowledged);
  const { ids, suspects } = readLetters(sidecast.dataDir, destination);
  const isIn = (letters: ReadonlySet<string>) => (id: string) => letters.has(id);
  const { items, uniqueItems, requests, refused } = sandbox.counts()[destination];
  return {
    fault: row.id,
    destination,
    state: said.state,
    code: said.reason?.code ?? rejectedCode(said),
    items: {
      acknowledged: acknowledged.length,
      arrived: acknowledged.length - missing.length,
      rejected: missing.filter(isIn(ids)).length,
      suspect: missing.filter((id) => suspects.has(id) && !ids.has(id)).length,
      lost: missing.filter((id) => !ids.has(id) && !suspects.has(id)).length,
    },
    duplicates: destination === 'rollbar' ? requests - refused - uniqueItems : items - uniqueItems,
    queued: said.counts.queued,
    recoveredAfterMs,
    deliversAgain: sandbox.audit(destination, afterwards).missing.length === 0,
    booksClose: isConserved(status.counts) && status.counts.dropped === 0,
    others,
  };
}

/** What /status says once the trouble has had its effect. */
async function observe(bench: Bench, row: FaultRow, destination: DestinationId): Promise<DestinationStatus> {
  const expected = row.expected(destination);
  const look = async () => (await bench.sidecast.status()).destinations[destination];
  const holds = ({ state, reason, counts }: DestinationStatus) => {
    if (expected.fate !== 'arrive') return counts.queued === 0;
    if (row.trouble.at === 'item') return state === 'on' && counts.queued <= counts.accepted * HELD_SHARE;
    return state === expected.state && reason?.code === expected.code;
  };
  const deadlineMs = performance.now() + SEEN_WITHIN_MS;
  for (;;) {
    const status = await look();
    if (holds(status) || performance.now() > deadlineMs) return status;
    await delay(100);
  }
}

const rejectedCode = ({ reasons }: DestinationStatus) => Object.keys(reasons.rejected)[0];
