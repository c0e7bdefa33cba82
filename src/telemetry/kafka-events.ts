// Part of telemetry: what happens to a journal in Kafka.
import type { LogLine } from './logger.ts';

export interface KafkaLog {
  takes(ok: boolean, why: string | undefined): void;
  lost(items: number, code: string): void;
}

export function createKafkaLog(log: LogLine): KafkaLog {
  return {
    takes(ok, why) {
      if (ok) log('info', 'kafka_back', 'the Kafka brokers take data again');
      else
        log('error', 'kafka_away', 'new data is kept on this host: the Kafka brokers do not take it', {
          why,
        });
    },
    lost: (items, code) =>
      log('error', 'outbox_lost', 'items were given up that Kafka had not taken', { items, code }),
  };
}
