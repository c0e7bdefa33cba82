// Part of the tests: receivers and deliverers that share topics, what is sent to them, and what became of it.

import type { Status } from '../../src/admin/status.ts';
import { isConserved } from '../../src/ledger/account.ts';
import { DESTINATION_IDS, type DestinationId } from '../../src/model/signals.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../support/span-load.ts';
import { type Brokers, startBrokers } from './brokers.ts';

export interface Fleet {
  readonly receivers: readonly Sidecast[];
  readonly deliverers: readonly Sidecast[];
  readonly topicPrefix: string;
  /** Partitions of all topics. */
  readonly places: number;
  stop(): Promise<void>;
}

export interface FleetOptions {
  sandbox: Sandbox;
  brokers: string;
  receivers: number;
  deliverers: number;
  /** Of each topic; otherwise as many as the brokers give by default. */
  partitions?: number;
  /** Beside those of every fleet. */
  settings?: Readonly<Record<string, string>>;
}

const TOPICS = ['otlp_spans', 'otlp_logs', 'otlp_metrics', 'xray_segments'];
/** num.partitions of the brokers. */
const DEFAULT_PARTITIONS = 4;
/** Of all topics, where nobody says otherwise. */
export const DEFAULT_PLACES = TOPICS.length * DEFAULT_PARTITIONS;

/** More than one load sends. */
const REQUESTS_APART = 1_000_000;

let fleets = 0;
let loads = 0;

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { sandbox, brokers, receivers, deliverers } = options;
  fleets += 1;
  const name = `test-${Date.now()}-${fleets}`;
  const topicPrefix = `${name}.`;
  if (options.partitions) await createTopics(brokers, topicPrefix, options.partitions);
  const start = (count: number, role: string) => {
    const settings = {
      ...settingsOf(sandbox),
      SIDECAST_JOURNAL: 'kafka',
      SIDECAST_KAFKA: brokers,
      SIDECAST_KAFKA_TOPIC_PREFIX: topicPrefix,
      SIDECAST_KAFKA_GROUP: name,
      SIDECAST_KAFKA_SESSION_TIMEOUT: '6s',
      SIDECAST_ROLE: role,
      ...options.settings,
    };
    return Promise.all(Array.from({ length: count }, () => startSidecast(settings)));
  };
  const started = {
    receivers: await start(receivers, 'receive'),
    deliverers: await start(deliverers, 'deliver'),
  };
  return {
    ...started,
    topicPrefix,
    places: TOPICS.length * (options.partitions ?? DEFAULT_PARTITIONS),
    async stop() {
      await Promise.all([...started.receivers, ...started.deliverers].map((one) => one.stop()));
    },
  };
}

/** What most tests need: a broker, the vendors, and a receiver and a deliverer that wait for data. */
export interface OneOfEach {
  readonly brokers: Brokers;
  readonly sandbox: Sandbox;
  readonly fleet: Fleet;
  stop(): Promise<void>;
}

export async function startOneOfEach(): Promise<OneOfEach> {
  const brokers = await startBrokers(1);
  const sandbox = await startSandbox();
  const fleet = await startFleet({ sandbox, brokers: brokers.list, receivers: 1, deliverers: 1 });
  await untilIdle(fleet);
  return {
    brokers,
    sandbox,
    fleet,
    async stop() {
      await fleet.stop();
      await sandbox.close();
      await brokers.stop();
    },
  };
}

async function createTopics(brokers: string, prefix: string, partitions: number): Promise<void> {
  const { Admin } = await import('@platformatic/kafka');
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: brokers.split(',') });
  await admin.createTopics({ topics: TOPICS.map((topic) => prefix + topic), partitions, replicas: -1 });
  await admin.close();
}

export function loadOn({ receivers }: Pick<Fleet, 'receivers'>): SpanLoad[] {
  return receivers.map(({ otlpUrl }) => {
    loads += 1;
    return startSpanLoad(otlpUrl, { senders: 2, pauseMs: 20, firstRequest: loads * REQUESTS_APART });
  });
}

export interface Audit {
  acknowledged: number;
  missing: number;
  duplicated: number;
}

export function auditLoads(
  sandbox: Sandbox,
  loads: readonly SpanLoad[],
): Readonly<Record<DestinationId, Audit>> {
  const entries = DESTINATION_IDS.map((id) => {
    const acknowledged = loads.flatMap((load) => load.acknowledged[id]);
    const { missing, duplicated } = sandbox.audit(id, acknowledged);
    return [
      id,
      { acknowledged: acknowledged.length, missing: missing.length, duplicated: duplicated.length },
    ];
  });
  return Object.fromEntries(entries) as Record<DestinationId, Audit>;
}

/** Nothing waits anywhere: neither on a receiver's disk, nor in Kafka, nor in a deliverer. */
export async function untilIdle({ receivers, deliverers, places }: Fleet, withinMs = 90_000): Promise<void> {
  const until = Date.now() + withinMs;
  for (;;) {
    const waits = await whatWaits(receivers, deliverers, places);
    if (waits.length === 0) return;
    if (Date.now() > until) throw new Error(`after ${withinMs} ms: ${waits.join('; ')}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function whatWaits(
  receivers: readonly Sidecast[],
  deliverers: readonly Sidecast[],
  wanted: number,
): Promise<readonly string[]> {
  const [taking, giving] = await Promise.all([
    Promise.all(receivers.map((one) => one.status())),
    Promise.all(deliverers.map((one) => one.status())),
  ]);
  const waits = taking.flatMap(({ journal }, index) => {
    const { kafka, mode } = journal;
    const isEmpty = kafka?.outboxBytes === 0 && mode === 'kafka';
    return isEmpty ? [] : [`receiver ${index}: ${mode}, ${kafka?.outboxBytes} bytes in the outbox`];
  });
  for (const id of DESTINATION_IDS) {
    const partitions = giving.flatMap(({ journal }) =>
      (journal.kafka?.groups ?? [])
        .filter(({ destination }) => destination === id)
        .flatMap((one) => one.partitions),
    );
    const lag = partitions.reduce((sum, one) => sum + one.lag, 0);
    const queued = giving.reduce((sum, { destinations }) => sum + destinations[id].counts.queued, 0);
    const places = new Set(partitions.map(({ signal, partition }) => `${signal} ${partition}`));
    // Between two owners a partition is nobody's.
    if (lag > 0 || queued > 0 || places.size !== wanted || partitions.length !== wanted)
      waits.push(
        `${id}: lag ${lag}, queued ${queued}, ${places.size} partitions of ${partitions.length} claims`,
      );
  }
  return waits;
}

/** Of each process, and so of their sum. */
export async function areBooksClosed({ receivers, deliverers }: Fleet): Promise<boolean> {
  const all: Status[] = await Promise.all([...receivers, ...deliverers].map((one) => one.status()));
  return all.every(({ destinations }) => DESTINATION_IDS.every((id) => isConserved(destinations[id].counts)));
}
