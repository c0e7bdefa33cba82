// Part of app: carries what the journal finds and gives up into the books.
import type { Delivery } from '../delivery/loop.ts';
import { isMeantFor, type Routing, skipReason } from '../delivery/routing.ts';
import type { ReplayOutcomes } from '../intake/replay/outcomes.ts';
import type { Journal, JournalEvents } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { DestinationId } from '../model/signals.ts';
import type { Events } from '../telemetry/events.ts';

export interface JournalEventsOptions {
  ledger: Ledger;
  events: Events;
  deliveries: ReadonlyMap<DestinationId, Delivery<unknown>>;
  /** As it is now. */
  routing(): Routing;
  /** Rollbar takes error logs without an exception, too. */
  errorLogs?: boolean;
  replays: Pick<ReplayOutcomes, 'recovered'>;
  /** For a destination that is off, and has data from an earlier run. */
  turnOn(destination: DestinationId): void;
}

/** Items that were in memory only at the end. */
type Lost = Partial<Record<DestinationId, number>>;

export function createJournalEvents(
  options: JournalEventsOptions,
): JournalEvents & { attach(journal: Journal): void; readonly lost: Lost } {
  const { ledger, events, deliveries, routing, errorLogs, replays, turnOn } = options;
  const lost: Lost = {};
  let journal: Journal | undefined;
  return {
    lost,
    attach(opened) {
      journal = opened;
    },
    /** Accounts begin with what an earlier run left; what was skipped then is skipped again and not counted twice. */
    recovered({ destination, position, signal, summary, origin, settledItems }) {
      const isForIt =
        isMeantFor(destination, origin) && !skipReason(routing(), destination, signal, summary, errorLogs);
      if (!isForIt) return journal?.settle(destination, position, 'whole');
      const items = summary.items - settledItems;
      turnOn(destination);
      ledger.accept(destination, items);
      if (origin.replayOf) replays.recovered(position, { destination, key: origin.replayOf, items });
    },
    missing({ destination, items }) {
      if (!ledger.account(destination)) return;
      ledger.accept(destination, items);
      ledger.settle(destination, 'dropped', items, 'journal_damaged');
      events.journalEvicted(destination, items, 'journal_damaged');
    },
    evicted({ destination, position, items, code, record }) {
      const delivery = deliveries.get(destination);
      if (delivery) delivery.evicted(position, items, code, record);
      else ledger.settle(destination, 'dropped', items, code, position);
      if (ledger.account(destination)) events.journalEvicted(destination, items, code);
    },
    /** Deliveries have ended by now. */
    memoryLost(destination, items) {
      if (!ledger.account(destination)) return;
      ledger.settle(destination, 'dropped', items, 'memory_lost');
      lost[destination] = (lost[destination] ?? 0) + items;
      events.memoryLost(destination, items);
    },
    writable: (ok, error, what) => events.journalWritable(ok, error, what),
  };
}
