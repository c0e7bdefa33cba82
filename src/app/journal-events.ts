// Part of app: carries what the journal finds and gives up into the books.
import type { Delivery } from '../delivery/loop.ts';
import { type Routing, skipReason } from '../delivery/routing.ts';
import type { Journal, JournalEvents } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { DestinationId } from '../model/signals.ts';
import type { Events } from '../telemetry/events.ts';

export interface JournalEventsOptions {
  ledger: Ledger;
  events: Events;
  deliveries: ReadonlyMap<DestinationId, Delivery<unknown>>;
  routing: Routing;
}

export function createJournalEvents(
  options: JournalEventsOptions,
): JournalEvents & { attach(journal: Journal): void } {
  const { ledger, events, deliveries, routing } = options;
  let journal: Journal | undefined;
  return {
    attach(opened) {
      journal = opened;
    },
    /** Accounts begin with what an earlier run left; what was skipped then is skipped again and not counted twice. */
    recovered({ destination, position, signal, summary, settledItems }) {
      if (skipReason(routing, destination, signal, summary)) journal?.settle(destination, position, 'whole');
      else ledger.accept(destination, summary.items - settledItems);
    },
    evicted({ destination, position, items, code }) {
      const delivery = deliveries.get(destination);
      if (delivery) delivery.evicted(position, items, code);
      else {
        // Found damaged while the journal was opened: its items were never accepted in this run.
        ledger.accept(destination, items);
        ledger.settle(destination, 'dropped', items, code);
      }
      if (ledger.account(destination)) events.journalEvicted(destination, items, code);
    },
    writable: (ok, error) => events.journalWritable(ok, error),
  };
}
