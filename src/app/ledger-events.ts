// Part of app: what the log says of the books: a destination that changes its state, items that are refused.
import type { Ledger } from '../ledger/ledger.ts';
import type { Events } from '../telemetry/events.ts';

export function logLedger(ledger: Ledger, events: Events): void {
  ledger.subscribe((event) => {
    if (event.kind === 'state' && event.from !== event.to) {
      const queued = ledger.account(event.destination)?.counts.queued ?? 0;
      events.destinationState(event.destination, event.to, event.reason, queued);
    }
    if (event.kind === 'settled' && event.outcome === 'rejected') {
      events.itemsRejected(event.destination, event.items, event.code ?? 'vendor_rejected');
    }
  });
}
