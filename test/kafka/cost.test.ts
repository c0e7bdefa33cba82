// Part of the tests: what a span costs with Kafka and with the disk, in CPU of each process. KAFKA_COST=1 npm run test:kafka
// KAFKA_COST_SECONDS=10 KAFKA_PARTITIONS=64 KAFKA_COST_TRACES=50: traces of two spans each in a request.
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';
import { type Brokers, noBrokers, startBrokers } from './brokers.ts';
import { auditLoads, startFleet, untilIdle } from './fleet.ts';

const why = noBrokers ?? (env['KAFKA_COST'] ? undefined : 'KAFKA_COST is not set');
const SECONDS = Number(env['KAFKA_COST_SECONDS'] ?? 10);
const TRACES = Number(env['KAFKA_COST_TRACES'] ?? 50);
const PARTITIONS = Number(env['KAFKA_PARTITIONS'] ?? 4);
const BROKERS = Number(env['KAFKA_BROKERS'] ?? 1);
/** `getconf CLK_TCK` of Linux. */
const US_PER_TICK = 10_000;
let firstRequest = 50_000_000;

function cpuUs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * US_PER_TICK;
}

const rssMiB = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

interface Row {
  'spans/s': number;
  'receiver µs/span': number;
  'deliverer µs/span': number | undefined;
  'receiver MiB': number;
}

const rows: Record<string, Row> = {};

describe.skipIf(why)(`the cost of a span${why ? `: ${why}` : ''}`, () => {
  let brokers: Brokers;
  let sandbox: Sandbox;

  beforeAll(async () => {
    brokers = await startBrokers(BROKERS);
    sandbox = await startSandbox();
  });
  afterAll(async () => {
    console.table(rows);
    await sandbox?.close();
    await brokers?.stop();
  });

  /** Warms up, loads, waits until all is delivered. */
  async function measure(
    name: string,
    receiver: Sidecast,
    deliverer: Sidecast | undefined,
    idle: () => Promise<void>,
  ): Promise<SpanLoad> {
    const load = () => {
      firstRequest += 1_000_000;
      return startSpanLoad(receiver.otlpUrl, {
        senders: 4,
        pauseMs: 5,
        tracesPerRequest: TRACES,
        failEvery: 1000,
        firstRequest,
      });
    };
    const warming = load();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await warming.stop();
    await idle();
    const before = [cpuUs(receiver.pid), deliverer ? cpuUs(deliverer.pid) : 0] as const;
    const measured = load();
    const startedMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
    await measured.stop();
    const seconds = (performance.now() - startedMs) / 1000;
    await idle();
    const spans = measured.acknowledged.honeycomb.length;
    const perSpan = (pid: number, at: number) => Math.round(((cpuUs(pid) - at) / spans) * 10) / 10;
    rows[name] = {
      'spans/s': Math.round(spans / seconds),
      'receiver µs/span': perSpan(receiver.pid, before[0]),
      'deliverer µs/span': deliverer && perSpan(deliverer.pid, before[1]),
      'receiver MiB': Math.round(rssMiB(receiver.pid)),
    };
    return measured;
  }

  it.each([
    ['disk, taken in only', {}],
    ['disk, delivered', 'sandbox'],
  ])('%s', async (name, to) => {
    const sidecast = await startSidecast(to === 'sandbox' ? settingsOf(sandbox) : {});
    const idle = () =>
      vi.waitFor(async () => {
        const { destinations } = await sidecast.status();
        expect(Object.values(destinations).map(({ counts }) => counts.queued)).toEqual([0, 0, 0, 0]);
      }, 60_000);
    await measure(name, sidecast, undefined, idle);
    await sidecast.stop();
  });

  it.each(['request', 'trace'])('kafka, partitions by %s', async (by) => {
    const settings = { SIDECAST_KAFKA_PARTITION_BY: by };
    const fleet = await startFleet({
      sandbox,
      brokers: brokers.list,
      receivers: 1,
      deliverers: 1,
      partitions: PARTITIONS,
      settings,
    });
    const [[receiver], [deliverer]] = [fleet.receivers, fleet.deliverers];
    if (!receiver || !deliverer) throw new Error('the fleet is not there');
    await untilIdle(fleet);

    const load = await measure(`kafka, by ${by}`, receiver, deliverer, () => untilIdle(fleet));

    expect(auditLoads(sandbox, [load]).honeycomb.missing).toBe(0);
    await fleet.stop();
  });
});
