// Part of app: carries what consumer groups are given, lose and hand over into the books. Here a destination's books are opened when
// it is handed a record: whoever took the record in may be another process.
import type { Delivery } from '../delivery/loop.ts';
import type { OpenBooks } from '../intake/books.ts';
import { RefusedError } from '../intake/intake.ts';
import { type Processor, processedBy } from '../intake/process.ts';
import type { ReplayOutcomes } from '../intake/replay/outcomes.ts';
import type { OpenKafkaOptions } from '../journal/kafka/open.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { DESTINATION_IDS, type DestinationId, type JournalRecord } from '../model/signals.ts';
import type { Events } from '../telemetry/events.ts';
import { createKafkaLog } from '../telemetry/kafka-events.ts';
import type { LogLine } from '../telemetry/logger.ts';

export interface KafkaEventsOptions {
  ledger: Ledger;
  events: Pick<Events, 'journalEvicted' | 'journalWritable'>;
  log: LogLine;
  deliveries: ReadonlyMap<DestinationId, Delivery<unknown>>;
  replays: Pick<ReplayOutcomes, 'recovered' | 'isOpen'>;
}

/** What there is only once the journal is. */
export interface KafkaListeners {
  openBooks: OpenBooks;
  /** For what no sidecast took in. */
  processors: readonly Processor[];
  /** Hears of each record that is read here, once. */
  onRead(record: JournalRecord): void;
}

export type KafkaEvents = OpenKafkaOptions['events'] & { attach(listeners: KafkaListeners): void };

export function createKafkaEvents(options: KafkaEventsOptions): KafkaEvents {
  const { ledger, events, deliveries, replays } = options;
  const log = createKafkaLog(options.log);
  let listeners: KafkaListeners | undefined;
  /** All groups read everything: one of them tells. */
  let teller: DestinationId | undefined;

  function giveUp(items: number, code: Parameters<KafkaEvents['lost']>[1] | 'too_large'): void {
    for (const destination of DESTINATION_IDS) {
      ledger.accept(destination, items);
      ledger.settle(destination, 'dropped', items, code);
    }
    log.lost(items, code);
  }

  return {
    attach(attached) {
      listeners = attached;
    },
    async prepare({ record, isForeign }) {
      if (!isForeign) return record;
      try {
        const processed = await processedBy(listeners?.processors ?? [], record);
        return { ...processed, position: record.position };
      } catch (error) {
        if (error instanceof RefusedError) return undefined;
        throw error;
      }
    },
    opened(destination, record) {
      const { position, origin, summary } = record;
      teller ??= destination;
      if (destination === teller) listeners?.onRead(record);
      if (origin.replayOf && origin.only === destination && !replays.isOpen(position))
        replays.recovered(position, { destination, key: origin.replayOf, items: summary.items });
      listeners?.openBooks(destination, record, position);
    },
    refused(destination, position, items, isFirst) {
      if (isFirst) ledger.accept(destination, items);
      ledger.settle(destination, 'rejected', items, 'redaction_failed', position);
    },
    dropped(destination, position, items, code) {
      ledger.settle(destination, 'dropped', items, code, position);
      events.journalEvicted(destination, items, code);
    },
    deleted(destination, position, records) {
      ledger.accept(destination, records);
      ledger.settle(destination, 'dropped', records, 'journal_full', position);
      events.journalEvicted(destination, records, 'journal_full');
    },
    handedOver(destination, positions, openItems) {
      const delivery = deliveries.get(destination);
      if (delivery) return delivery.handOver(positions, openItems);
      for (const position of positions) ledger.handOver(destination, openItems(position));
      return new Set();
    },
    tooLarge: ({ summary }) => giveUp(summary.items, 'too_large'),
    lost: (items, code) => giveUp(items, code),
    brokersChanged: (areWell, why) => log.takes(areWell, why),
    writable: (ok, error, what) => events.journalWritable(ok, error, what),
  };
}
