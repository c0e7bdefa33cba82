// Part of intake: opens the books of a record, once for each destination, before that destination can settle it.
import { isMeantFor, type Routing, skipReason } from '../delivery/routing.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Accepted, DestinationId, Position } from '../model/signals.ts';

export interface BooksOptions {
  journal: Pick<Journal, 'settle'>;
  ledger: Ledger;
  /** As it is now: it may change while the process runs. */
  routing(): Routing;
  /** Rollbar takes error logs without an exception, too. */
  errorLogs?: boolean;
  /** Takes only what came with a key: Honeycomb, where sidecast has none of its own. */
  needsKey?: DestinationId | undefined;
}

export type OpenBooks = (destination: DestinationId, accepted: Accepted, position: Position) => void;

/** What is not for the destination is settled at once. */
export function createBooks({ journal, ledger, routing, errorLogs, needsKey }: BooksOptions): OpenBooks {
  return (destination, { signal, summary, origin }, position) => {
    const { items } = summary;
    // One without an account is not on yet: Honeycomb, until an app sends a key.
    if (!isMeantFor(destination, origin) || !ledger.account(destination)) {
      journal.settle(destination, position, 'whole');
      return;
    }
    ledger.accept(destination, items);
    const lacksKey = destination === needsKey && origin.keyRef === undefined;
    const skip = lacksKey ? 'no_key' : skipReason(routing(), destination, signal, summary, errorLogs);
    if (!skip) return;
    ledger.settle(destination, 'skipped', items, skip, position);
    journal.settle(destination, position, 'whole');
  };
}
