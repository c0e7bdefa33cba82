// Part of telemetry: Prometheus text. Nothing is counted here: every scrape reads the ledger.
import { Counter, Gauge, Registry } from 'prom-client';
import { DESTINATION_IDS, type DestinationId, type ReceiverId, type Signal } from '../model/signals.ts';

type Tally = Readonly<Record<string, number>>;

/** The part of an account that is shown; the ledger, which is above this room, has it. */
export interface AccountReading {
  counts: Readonly<Record<(typeof OUTCOMES)[number] | 'queued', number>>;
  reasons: { skipped: Tally; rejected: Tally; dropped: Tally };
  state: (typeof STATES)[number];
}

export interface MetricsSources {
  ledger: {
    account(destination: DestinationId): AccountReading | undefined;
    receiver(receiver: ReceiverId): { accepted: Partial<Record<Signal, number>>; refused: Tally };
  };
  backlog(destination: DestinationId): { bytes: number; oldestReceivedAtMs: number | undefined } | undefined;
  /** Values that were replaced before anything was stored, by rule. */
  redacted(): Tally;
  /** Where the journal is in Kafka. */
  kafka?: (() => KafkaReading) | undefined;
  now(): number;
}

/** Of a journal in Kafka: what is not settled yet of each partition that is read here, and what waits on this host. */
export interface KafkaReading {
  outboxBytes: number;
  groups: readonly {
    destination: string;
    group: string;
    partitions: readonly { signal: string; partition: number; lag: number }[];
  }[];
}

export interface Metrics {
  contentType: string;
  render(): Promise<string>;
}

const ACCEPTED: readonly (readonly [Signal, string])[] = [
  ['traces', 'spans'],
  ['logs', 'log_records'],
  ['metrics', 'metric_points'],
  ['segments', 'segments'],
];
const OUTCOMES = ['delivered', 'skipped', 'sampled', 'rejected', 'dropped'] as const;
const STATES = ['on', 'retrying', 'blocked', 'off'] as const;

export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  addReceivers(registry, sources);
  addRedaction(registry, sources);
  addDestinations(registry, sources);
  if (sources.kafka) addKafka(registry, sources.kafka);
  return { contentType: registry.contentType, render: () => registry.metrics() };
}

function addReceivers(registry: Registry, { ledger }: MetricsSources): void {
  for (const [signal, unit] of ACCEPTED) {
    new Counter({
      name: `sidecast_receiver_accepted_${unit}_total`,
      help: `Items of ${signal} that were answered with success.`,
      labelNames: ['receiver'],
      registers: [registry],
      collect() {
        this.reset();
        const receiver = signal === 'segments' ? 'aws-xray' : 'otlp';
        this.inc({ receiver }, ledger.receiver(receiver).accepted[signal] ?? 0);
      },
    });
  }
  new Counter({
    name: 'sidecast_receiver_refused_total',
    help: 'Requests, datagrams or items turned away at the door.',
    labelNames: ['receiver', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      for (const receiver of ['otlp', 'aws-xray'] as const) {
        for (const [reason, count] of Object.entries(ledger.receiver(receiver).refused))
          this.inc({ receiver, reason }, count);
      }
    },
  });
}

function addRedaction(registry: Registry, { redacted }: MetricsSources): void {
  new Counter({
    name: 'sidecast_redacted_values_total',
    help: 'Values that were masked or hashed before anything was stored.',
    labelNames: ['rule'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [rule, count] of Object.entries(redacted())) this.inc({ rule }, count);
    },
  });
}

function addDestinations(registry: Registry, { ledger, backlog, now }: MetricsSources): void {
  const forEach = (visit: (destination: DestinationId, account: AccountReading) => void) => {
    for (const destination of DESTINATION_IDS) {
      const account = ledger.account(destination);
      if (account) visit(destination, account);
    }
  };
  new Counter({
    name: 'sidecast_destination_items_total',
    help: 'Items that have their outcome at a destination.',
    labelNames: ['destination', 'outcome', 'reason'],
    registers: [registry],
    collect() {
      this.reset();
      forEach((destination, { counts, reasons }) => {
        for (const outcome of OUTCOMES) {
          const coded = outcome === 'delivered' || outcome === 'sampled' ? {} : reasons[outcome];
          for (const [reason, count] of Object.entries(coded))
            this.inc({ destination, outcome, reason }, count);
          const named = Object.values(coded).reduce((sum, count) => sum + count, 0);
          if (counts[outcome] > named || named === 0)
            this.inc({ destination, outcome, reason: '' }, counts[outcome] - named);
        }
      });
    },
  });
  const gauge = (
    name: string,
    help: string,
    read: (destination: DestinationId, account: AccountReading) => number,
  ) =>
    new Gauge({
      name: `sidecast_destination_${name}`,
      help,
      labelNames: ['destination'],
      registers: [registry],
      collect() {
        this.reset();
        forEach((destination, account) => this.set({ destination }, read(destination, account)));
      },
    });
  gauge('queued_items', 'Items without an outcome.', (_, account) => account.counts.queued);
  gauge(
    'queued_bytes',
    'Bytes of the journal from the oldest unsettled record on.',
    (destination) => backlog(destination)?.bytes ?? 0,
  );
  gauge('oldest_queued_age_seconds', 'Age of the oldest unsettled record.', (destination) => {
    const oldest = backlog(destination)?.oldestReceivedAtMs;
    return oldest === undefined ? 0 : Math.max(0, now() - oldest) / 1000;
  });
  new Gauge({
    name: 'sidecast_destination_state',
    help: '1 for the state that the destination is in.',
    labelNames: ['destination', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const destination of DESTINATION_IDS) {
        const current = ledger.account(destination)?.state ?? 'off';
        for (const state of STATES) this.set({ destination, state }, state === current ? 1 : 0);
      }
    },
  });
}

function addKafka(registry: Registry, read: () => KafkaReading): void {
  new Gauge({
    name: 'sidecast_kafka_lag_messages',
    help: 'Messages of a partition that a destination has not settled; of the partitions that are read here.',
    labelNames: ['destination', 'group', 'signal', 'partition'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { destination, group, partitions } of read().groups)
        for (const { signal, partition, lag } of partitions)
          this.set({ destination, group, signal, partition: String(partition) }, lag);
    },
  });
  new Gauge({
    name: 'sidecast_kafka_outbox_bytes',
    help: 'Bytes on this host that the Kafka brokers have not taken yet.',
    registers: [registry],
    collect() {
      this.set(read().outboxBytes);
    },
  });
}
