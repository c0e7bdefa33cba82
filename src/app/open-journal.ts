// Part of app: the journal that was asked for: on this host, or in Kafka, whose code is loaded only then.
import { versions } from 'node:process';
import { kafkaProblem } from '../journal/kafka/config.ts';
import type { OpenKafkaOptions } from '../journal/kafka/open.ts';
import { type JournalOptions, type OpenedJournal, openJournal } from '../journal/open.ts';
import type { KafkaEvents } from './kafka-events.ts';
import type { AppConfig } from './options.ts';

/** Throws what openJournal throws, and where the options for Kafka cannot be followed. */
export async function openAppJournal(
  config: AppConfig['kafka'],
  options: JournalOptions,
  kafkaEvents: KafkaEvents,
  keepMemory: OpenKafkaOptions['keepMemory'],
): Promise<OpenedJournal> {
  const problem = kafkaProblem(config, versions.node);
  if (problem) throw new Error(problem);
  if (config.journal === 'disk') return openJournal(options);
  const { openKafkaJournal } = await import('../journal/kafka/open.ts');
  return openKafkaJournal({ ...options, config, events: kafkaEvents, keepMemory });
}
