// Part of app: the way into the journal, and who hears of what is in it: of a journal on this host when it is written, of one that
// is shared when this process reads it.
import type { RecentLogs } from '../correlation/recent-logs.ts';
import { createAdmission } from '../intake/admission.ts';
import { createBooks } from '../intake/books.ts';
import { createIntake } from '../intake/index.ts';
import type { Intake, ReplayIntake } from '../intake/intake.ts';
import type { Processor } from '../intake/process.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Accepted, DestinationId, Position } from '../model/signals.ts';
import type { Recent } from '../recent/recent.ts';
import type { Correlation } from './correlation.ts';
import type { JournalEventsOptions } from './journal-events.ts';
import type { KafkaEvents } from './kafka-events.ts';
import type { AppConfig } from './options.ts';

export interface WayInParts {
  config: AppConfig;
  journal: Journal;
  ledger: Ledger;
  /** Destinations that are on. */
  known: readonly DestinationId[];
  routed: Pick<JournalEventsOptions, 'routing' | 'errorLogs'>;
  processors: readonly Processor[];
  correlation: Pick<Correlation, 'hear'>;
  recent: Pick<Recent, 'appended'>;
  /** Undefined where no destination asks for them. */
  recentLogs: RecentLogs | undefined;
  kafkaEvents: Pick<KafkaEvents, 'attach'>;
}

export function buildWayIn(parts: WayInParts): Intake & ReplayIntake {
  const { config, journal, ledger, known, routed, processors, correlation, recent, recentLogs } = parts;
  const { role, journal: where } = config.kafka;
  const needsKey = config.honeycomb.apiKey ? undefined : ('honeycomb' as const);
  const books = { journal, ledger, ...routed, needsKey };
  const onAppended = (accepted: Accepted, position: Position) => {
    recentLogs?.remember(accepted);
    recent.appended(accepted, position);
  };
  parts.kafkaEvents.attach({
    openBooks: createBooks(books),
    processors,
    onRead(record) {
      correlation.hear(record);
      onAppended(record, record.position);
    },
  });
  const readsItsOwn = where === 'kafka' && role !== 'receive';
  return createIntake({
    ...books,
    admission: createAdmission(config.process.maxInFlightBytes),
    processors: readsItsOwn ? processors : [...processors, correlation.hear],
    destinations: where === 'kafka' ? [] : known,
    ...(readsItsOwn ? {} : { onAppended }),
  });
}
