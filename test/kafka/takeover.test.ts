// Part of the tests: how long what a deliverer read waits for another, when it dies and when it ends in good order.
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import type { Sidecast } from '../support/sidecast.ts';
import { type Brokers, noBrokers, startBrokers } from './brokers.ts';
import { auditLoads, type Fleet, loadOn, startFleet, untilIdle } from './fleet.ts';

/** Four topics of four partitions for each of four groups. */
const CLAIMS = 64;
/** Heartbeats come each 3 s, or three in a session: a member learns of a new generation by one. */
const SLACK_MS = 5000;

describe.skipIf(noBrokers)(`a deliverer that goes${noBrokers ? `: ${noBrokers}` : ''}`, () => {
  let brokers: Brokers;
  let sandbox: Sandbox;
  let fleet: Fleet | undefined;

  beforeAll(async () => {
    brokers = await startBrokers(1);
    sandbox = await startSandbox();
  });
  afterEach(() => fleet?.stop());
  afterAll(async () => {
    await sandbox?.close();
    await brokers?.stop();
  });

  it.each([
    ['SIGKILL', '6s', 6000],
    ['SIGKILL', '15s', 15_000],
    // It goes on delivering until SIDECAST_SHUTDOWN_TIMEOUT, and then leaves its groups.
    ['SIGTERM', '15s', 8000],
  ] as const)(
    'by %s, with a session timeout of %s: all of its partitions are the other one’s after %i ms and a little',
    async (signal, timeout, afterMs) => {
      const settings = { SIDECAST_KAFKA_SESSION_TIMEOUT: timeout };
      fleet = await startFleet({ sandbox, brokers: brokers.list, receivers: 1, deliverers: 2, settings });
      await untilIdle(fleet);
      const loads = loadOn(fleet);
      await vi.waitFor(() => expect(loads[0]?.acknowledged.honeycomb.length).toBeGreaterThan(200), 20_000);
      const [goes, stays] = fleet.deliverers as [Sidecast, Sidecast];
      // Both have a share of each topic: else nothing is to be taken over.
      await vi.waitFor(
        async () => expect([await claims(goes), await claims(stays)]).toEqual([CLAIMS / 2, CLAIMS / 2]),
        { timeout: 30_000, interval: 50 },
      );

      const sinceMs = performance.now();
      const gone = goes.kill(signal);
      await vi.waitFor(async () => expect(await claims(stays)).toBe(CLAIMS), {
        timeout: 60_000,
        interval: 50,
      });
      const tookMs = Math.round(performance.now() - sinceMs);
      await gone;
      console.log(`${signal}, session timeout ${timeout}: taken over after ${tookMs} ms`);
      await Promise.all(loads.map((load) => load.stop()));
      await untilIdle({ ...fleet, deliverers: [stays] });

      expect(tookMs).toBeLessThan(afterMs + SLACK_MS);
      for (const id of DESTINATION_IDS)
        expect(auditLoads(sandbox, loads)[id], id).toMatchObject({ missing: 0 });
    },
    120_000,
  );
});

async function claims(deliverer: Sidecast): Promise<number> {
  const { journal } = await deliverer.status();
  return journal.kafka?.groups.reduce((sum, { partitions }) => sum + partitions.length, 0) ?? 0;
}
