// Part of the journal in Kafka: opens it, with its outbox in the data directory. The client library is imported here and only now.
import { join } from 'node:path';
import type { JournalEvents } from '../journal.ts';
import { type JournalOptions, type OpenedJournal, openJournal } from '../open.ts';
import type { KafkaConfig } from './config.ts';
import { KafkaJournal, type KafkaJournalOptions } from './journal.ts';
import { OUTBOX_READER } from './outbox.ts';

export interface OpenKafkaOptions
  extends Omit<JournalOptions, 'destinations' | 'events' | 'newDestinationStarts'> {
  config: KafkaConfig;
  keepMemory: KafkaJournalOptions['keepMemory'];
  events: KafkaJournalOptions['events'] &
    Pick<JournalEvents, 'writable'> & {
      /** Items that were answered with success, and that no destination will get. */
      lost(items: number, code: 'max_age' | 'journal_damaged' | 'memory_lost'): void;
    };
}

export async function openKafkaJournal(options: OpenKafkaOptions): Promise<OpenedJournal> {
  const { config, events, keepMemory, dataDir, clock, maxAgeMs, pool, ...rest } = options;
  const { createPlatformaticClient } = await import('./platformatic.ts');
  const outbox = await openJournal({
    ...rest,
    clock,
    maxAgeMs,
    ...(pool ? { pool } : {}),
    dataDir: dataDir === 'memory' ? 'memory' : join(dataDir, 'kafka-outbox'),
    destinations: [OUTBOX_READER],
    newDestinationStarts: 'beginning',
    events: {
      recovered: () => undefined,
      missing: ({ items }) => events.lost(items, 'journal_damaged'),
      // It is never at its bound at the cost of what it holds: its one reader is the one that lags, and intake refuses.
      evicted: ({ items, code }) => events.lost(items, code === 'max_age' ? code : 'journal_damaged'),
      memoryLost: (_, items) => events.lost(items, 'memory_lost'),
      writable: events.writable,
    },
  });
  const journal = new KafkaJournal({
    client: createPlatformaticClient(config, clock),
    outbox: outbox.journal,
    dir: dataDir === 'memory' ? null : dataDir,
    brokers: config.brokers ?? [],
    group: config.group,
    keepMemory,
    sessionTimeoutMs: config.sessionTimeoutMs,
    keepsTraces: config.partitionBy === 'trace',
    maxAgeMs,
    clock,
    ...(pool ? { pool } : {}),
    events,
  });
  return { journal, fallback: outbox.fallback };
}
