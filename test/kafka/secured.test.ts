// Part of the tests: brokers that speak TLS only and ask who comes. KAFKA_LIBS=… npm run test:kafka
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { certificateFor } from '../support/certificate.ts';
import { temporaryDir } from '../support/records.ts';
import { auditLoads, type Fleet, loadOn, startFleet, untilIdle } from './fleet.ts';
import { noSecuredBroker, type SecuredBroker, startSecuredBroker, USER } from './secured-broker.ts';

describe.skipIf(noSecuredBroker)(`a secured broker${noSecuredBroker ? `: ${noSecuredBroker}` : ''}`, () => {
  let broker: SecuredBroker;
  let sandbox: Sandbox;
  let fleet: Fleet | undefined;

  let dir: Awaited<ReturnType<typeof temporaryDir>>;
  let strangersFile: string;

  beforeAll(async () => {
    dir = await temporaryDir();
    strangersFile = join(dir.path, 'ca.pem');
    await writeFile(strangersFile, certificateFor('localhost').cert);
    broker = await startSecuredBroker();
    sandbox = await startSandbox();
  });
  afterEach(() => fleet?.stop());
  afterAll(async () => {
    await sandbox?.close();
    await broker?.stop();
    await dir?.remove();
  });

  const settingsFor = (more: Readonly<Record<string, string>>) => ({
    SIDECAST_KAFKA_TLS: 'on',
    SIDECAST_KAFKA_TLS_CA: broker.caFile,
    SIDECAST_KAFKA_USERNAME: USER.name,
    SIDECAST_KAFKA_PASSWORD: USER.password,
    SIDECAST_KAFKA_SASL: 'scram-sha-512',
    ...more,
  });
  const start = (more: Readonly<Record<string, string>>, deliverers: number) =>
    startFleet({ sandbox, brokers: broker.address, receivers: 1, deliverers, settings: settingsFor(more) });

  it.each(['scram-sha-256', 'scram-sha-512', 'plain'])(
    'is written to and read by TLS and %s',
    async (sasl) => {
      fleet = await start({ SIDECAST_KAFKA_SASL: sasl }, 1);
      await untilIdle(fleet);

      const loads = loadOn(fleet);
      await vi.waitFor(() => expect(loads[0]?.acknowledged.honeycomb.length).toBeGreaterThan(200), 20_000);
      await Promise.all(loads.map((load) => load.stop()));
      await untilIdle(fleet);

      for (const id of DESTINATION_IDS)
        expect(auditLoads(sandbox, loads)[id], id).toMatchObject({ missing: 0 });
    },
    120_000,
  );

  it.each([
    ['a wrong password', /authentication failed/, () => ({ SIDECAST_KAFKA_PASSWORD: 'guessed' })],
    [
      'a certificate that nobody vouches for',
      /certificate/,
      () => ({ SIDECAST_KAFKA_TLS_CA: strangersFile }),
    ],
  ])(
    'with %s nothing is lost: it is kept on this host, and /status says why',
    async (_, why, wrong) => {
      fleet = await start(wrong(), 0);
      const [receiver] = fleet.receivers;
      const loads = loadOn(fleet);
      await vi.waitFor(() => expect(loads[0]?.acknowledged.honeycomb.length).toBeGreaterThan(100), 20_000);
      await Promise.all(loads.map((load) => load.stop()));

      const { journal } = (await receiver?.status()) ?? {};
      expect(journal).toMatchObject({ mode: 'disk', reason: { code: 'brokers_away' } });
      expect(journal?.reason?.message).toMatch(why);
      expect(journal?.kafka?.outboxBytes).toBeGreaterThan(0);
      expect(JSON.stringify(receiver?.logs)).not.toContain(USER.password);
    },
    60_000,
  );
});
