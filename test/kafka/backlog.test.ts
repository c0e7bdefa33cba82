// Part of the tests: what a deliverer takes of memory as it drains what the topics had before it came.
// KAFKA_BACKLOG=500000 npm run test:kafka
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { startSpanLoad } from '../support/span-load.ts';
import { type Brokers, noBrokers, startBrokers } from './brokers.ts';
import { auditLoads, type Fleet, startFleet, untilIdle } from './fleet.ts';

const SPANS = Number(env['KAFKA_BACKLOG'] ?? 100_000);
const BROKERS = Number(env['KAFKA_BROKERS'] ?? 1);
const MAX_PEAK_MIB = 200;
const WITHIN_MS = 1_200_000;

/** The most that it ever had (proc_pid_status(5)). */
const peakMiB = (pid: number) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

const DOCKERFILE = join(import.meta.dirname, '..', '..', 'docker', 'Dockerfile');
/** What it tells glibc's malloc: 20 MiB less than without. */
const likeTheImage = Object.fromEntries(
  [...readFileSync(DOCKERFILE, 'utf8').matchAll(/(MALLOC_\w+)=(\d+)/g)].map(([, name, value]) => [
    name,
    value,
  ]),
) as Record<string, string>;

describe.skipIf(noBrokers)(`a backlog of ${SPANS} spans${noBrokers ? `: ${noBrokers}` : ''}`, () => {
  let brokers: Brokers;
  let sandbox: Sandbox;
  const fleets: Fleet[] = [];

  beforeAll(async () => {
    brokers = await startBrokers(BROKERS);
    sandbox = await startSandbox();
  });
  afterAll(async () => {
    for (const fleet of fleets) await fleet.stop();
    await sandbox?.close();
    await brokers?.stop();
  });

  it(`is drained to all four destinations in less than ${MAX_PEAK_MIB} MiB`, async () => {
    const common = { sandbox, brokers: brokers.list };
    const taking = await startFleet({ ...common, receivers: 1, deliverers: 0 });
    fleets.push(taking);
    const load = startSpanLoad(taking.receivers[0]?.otlpUrl ?? '', {
      senders: 4,
      pauseMs: 0,
      tracesPerRequest: 50,
    });
    const isEnough = () => expect(load.acknowledged.honeycomb.length).toBeGreaterThanOrEqual(SPANS);
    await vi.waitFor(isEnough, WITHIN_MS);
    await load.stop();

    const sinceMs = performance.now();
    const settings = { ...likeTheImage, SIDECAST_KAFKA_TOPIC_PREFIX: taking.topicPrefix };
    const giving = await startFleet({ ...common, receivers: 0, deliverers: 1, settings });
    fleets.push(giving);
    await untilIdle(giving, WITHIN_MS);

    const audit = auditLoads(sandbox, [load]);
    const seconds = Math.round((performance.now() - sinceMs) / 1000);
    const peak = Math.round(peakMiB(giving.deliverers[0]?.pid ?? 0));
    const { acknowledged } = audit.honeycomb;
    console.log(`${acknowledged} spans drained in ${seconds} s; the deliverer's peak: ${peak} MiB`);
    for (const id of DESTINATION_IDS) expect(audit[id], id).toMatchObject({ missing: 0 });
    expect(peak).toBeLessThan(MAX_PEAK_MIB);
  });
});
