// Part of app: what the books show that belongs into the log.
import type { Ledger } from '../ledger/ledger.ts';
import type { Events } from '../telemetry/events.ts';

export function reportLedger(ledger: Ledger, events: Events): void {
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
