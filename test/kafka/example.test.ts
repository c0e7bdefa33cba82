// Part of the tests: docker/examples/kafka/compose.yaml, with processes for containers: its services, their replicas and what each is
// told, real brokers for its broker, and the sandbox for the vendors.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { DESTINATION_IDS } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type Brokers, noBrokers, startBrokers } from './brokers.ts';
import { areBooksClosed, auditLoads, DEFAULT_PLACES, type Fleet, loadOn, untilIdle } from './fleet.ts';

const FILE = join(import.meta.dirname, '..', '..', 'docker', 'examples', 'kafka', 'compose.yaml');
/** Where the vendors are: a name that the example does not give, because theirs is the default. */
const IS_ENDPOINT = /ENDPOINT/;

interface Service {
  image?: string;
  command?: unknown;
  deploy?: { replicas: number };
  environment: Record<string, string | number | null>;
}

const { services } = parse(readFileSync(FILE, 'utf8'), { merge: true }) as {
  services: Record<string, Service>;
};

describe.skipIf(noBrokers)(`the example for compose${noBrokers ? `: ${noBrokers}` : ''}`, () => {
  let brokers: Brokers;
  let sandbox: Sandbox;
  let fleet: Fleet;

  beforeAll(async () => {
    brokers = await startBrokers(1);
    sandbox = await startSandbox();
    const receivers = await start('receiver');
    const deliverers = await start('deliverer');
    const stop = async () => {
      await Promise.all([...receivers, ...deliverers].map((one) => one.stop()));
    };
    fleet = { receivers, deliverers, topicPrefix: '', places: DEFAULT_PLACES, stop };
  });
  afterAll(async () => {
    await fleet?.stop();
    await sandbox?.close();
    await brokers?.stop();
  });

  function start(name: string): Promise<Sidecast[]> {
    const { command, deploy } = services[name] as Service;
    // Nothing but `run`, which is what the image does by itself, can be started here.
    expect(command, name).toBeUndefined();
    const settings = environmentOf(name);
    return Promise.all(Array.from({ length: deploy?.replicas ?? 1 }, () => startSidecast(settings)));
  }

  function environmentOf(name: string): Record<string, string> {
    const shell: Readonly<Record<string, string>> = settingsOf(sandbox);
    const { environment } = services[name] as Service;
    const said = Object.entries(environment).flatMap(([key, value]) => {
      // Compose passes on what has no value; what the shell does not have either is not set.
      const given = value ?? shell[key];
      return given === undefined ? [] : [[key, String(given).replace('kafka:9092', brokers.list)] as const];
    });
    const endpoints = Object.entries(shell).filter(([key]) => IS_ENDPOINT.test(key));
    return Object.fromEntries([...said, ...endpoints]);
  }

  it('has the broker that its services are told of', () => {
    expect(services['kafka']?.environment['KAFKA_ADVERTISED_LISTENERS']).toBe('PLAINTEXT://kafka:9092');
  });

  it('delivers to all four destinations what its two receivers are sent, by both deliverers', async () => {
    expect([fleet.receivers.length, fleet.deliverers.length]).toEqual([2, 2]);
    // Whoever joins first has everything until the other one comes.
    await vi.waitFor(async () => {
      for (const deliverer of fleet.deliverers) expect(await groupsWithoutShare(deliverer)).toEqual([]);
    }, 30_000);
    await untilIdle(fleet);

    const loads = loadOn(fleet);
    await vi.waitFor(() => {
      for (const { acknowledged } of loads) expect(acknowledged.honeycomb.length).toBeGreaterThan(400);
    }, 30_000);
    await Promise.all(loads.map((load) => load.stop()));
    await untilIdle(fleet);

    const audit = auditLoads(sandbox, loads);
    for (const id of DESTINATION_IDS) {
      expect(audit[id].acknowledged, id).toBeGreaterThan(0);
      expect(audit[id], id).toMatchObject({ missing: 0, duplicated: 0 });
    }
    for (const deliverer of fleet.deliverers) {
      const { destinations } = await deliverer.status();
      expect(destinations.honeycomb.counts.delivered).toBeGreaterThan(0);
    }
    expect(await areBooksClosed(fleet)).toBe(true);
  });
});

async function groupsWithoutShare(deliverer: Sidecast): Promise<string[]> {
  const { journal } = await deliverer.status();
  const groups = journal.kafka?.groups ?? [];
  return groups.filter(({ partitions }) => partitions.length === 0).map(({ group }) => group);
}
