// Part of telemetry: of a journal in Kafka: what is not settled yet of each partition that is read here, and what waits on this host.
import { Gauge, type Registry } from 'prom-client';

export interface KafkaReading {
  outboxBytes: number;
  groups: readonly {
    destination: string;
    group: string;
    partitions: readonly { signal: string; partition: number; lag: number }[];
  }[];
}

export function addKafka(registry: Registry, read: () => KafkaReading): void {
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
