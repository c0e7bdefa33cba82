// Part of the tests: two receivers and two deliverers under load, with kill -9 of each and of a broker.
// KAFKA_ROUNDS=20 KAFKA_BROKERS=3 SEED=7 npm run test:kafka
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { seededRandom } from '../support/random.ts';
import type { SpanLoad } from '../support/span-load.ts';
import { type Brokers, noBrokers, startBrokers } from './brokers.ts';
import { areBooksClosed, auditLoads, type Fleet, loadOn, startFleet, untilIdle } from './fleet.ts';

const ROUNDS = Number(env['KAFKA_ROUNDS'] ?? 3);
const BROKERS = Number(env['KAFKA_BROKERS'] ?? 1);
const SEED = Number(env['SEED'] ?? Date.now() % 2 ** 31);
const random = seededRandom(SEED);
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.skipIf(noBrokers)(`a fleet (SEED=${SEED})${noBrokers ? `: ${noBrokers}` : ''}`, () => {
  let brokers: Brokers;
  let sandbox: Sandbox;
  let fleet: Fleet;

  beforeAll(async () => {
    brokers = await startBrokers(BROKERS);
    sandbox = await startSandbox();
    fleet = await startFleet({ sandbox, brokers: brokers.list, receivers: 2, deliverers: 2 });
  });
  afterAll(async () => {
    await fleet?.stop();
    await sandbox?.close();
    await brokers?.stop();
  });

  it('loses nothing that was acknowledged, whoever is killed', async () => {
    const all: SpanLoad[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const loads = loadOn(fleet);
      all.push(...loads);
      await pause(500 + random() * 1000);
      const what = await kill(round);
      await pause(500 + random() * 1500);
      await Promise.all(loads.map((load) => load.stop()));
      const sinceMs = Date.now();
      await untilIdle(fleet);
      const audit = auditLoads(sandbox, loads);
      const figures = DESTINATION_IDS.map((id) => {
        const { acknowledged, missing, duplicated } = audit[id];
        return `${id} ${acknowledged}/${missing}/${duplicated}`;
      });
      // An answer that came too late has the same effect as a kill: the request is sent again.
      const retries = fleet.deliverers
        .flatMap(({ logs }) => logs)
        .filter((line) => line.includes('destination_retrying')).length;
      console.log(
        `round ${round} ${what}; ${retries} retries so far; idle after ${Date.now() - sinceMs} ms; ${figures.join(', ')}`,
      );
      for (const id of DESTINATION_IDS) expect(audit[id], id).toMatchObject({ missing: 0 });
      expect(await areBooksClosed(fleet)).toBe(true);
    }
    const total = auditLoads(sandbox, all);
    console.table(total);
    for (const id of DESTINATION_IDS) expect(total[id], id).toMatchObject({ missing: 0 });
  });

  /** One process, with kill -9, and in every third round a broker as well, where there are others. */
  async function kill(round: number): Promise<string> {
    const members = [...fleet.receivers, ...fleet.deliverers];
    const index = Math.floor(random() * members.length);
    const chosen = members[index];
    const broker = BROKERS > 1 && round % 3 === 0 ? 1 + Math.floor(random() * BROKERS) : undefined;
    if (broker) await brokers.kill(broker);
    await chosen?.kill('SIGKILL');
    await pause(random() * 2000);
    await chosen?.restart();
    if (broker) await brokers.again(broker);
    return `${index < 2 ? 'receiver' : 'deliverer'} ${index % 2}${broker ? `, broker ${broker}` : ''}`;
  }
});
