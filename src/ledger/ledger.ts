// Part of the ledger: the only place that counts items. Metrics, /status, page and logs read from here.
import type { Reason, ReasonCode } from '../model/reasons.ts';
import type { DestinationId, Position, ReceiverId, Signal } from '../model/signals.ts';
import { type Account, openAccount } from './account.ts';

export type Outcome = 'delivered' | 'skipped' | 'sampled' | 'rejected' | 'dropped';
export type DestinationState = 'on' | 'retrying' | 'blocked' | 'off';

/** Items of one record: from <= index < to. */
export interface AttemptedRange {
  position: Position;
  from: number;
  to: number;
}

/** One request to a vendor and its answer. What it settled follows as events of its own. */
export interface Attempt {
  destination: DestinationId;
  result: 'delivered' | 'retryable' | 'blocked' | 'rejected';
  reason: Reason | undefined;
  /** The vendor's own words, where it said any. */
  answer: string | undefined;
  items: number;
  bytes: number;
  sources: readonly AttemptedRange[];
  /** Of a partial answer: `index` counts `sources`. */
  refused: readonly { index: number; reason: Reason; answer: string | undefined }[];
}

export type LedgerEvent =
  | { kind: 'accepted'; destination: DestinationId; items: number }
  | { kind: 'handed-over'; destination: DestinationId; items: number }
  | {
      kind: 'settled';
      destination: DestinationId;
      outcome: Outcome;
      code: ReasonCode | undefined;
      items: number;
      /** Whose items; absent where nobody knows. */
      position: Position | undefined;
      /** Which of the record's items: from <= index < to. Absent: all that have no outcome yet. */
      from: number | undefined;
      to: number | undefined;
    }
  | { kind: 'attempted'; destination: DestinationId; attempt: Attempt }
  | {
      kind: 'state';
      destination: DestinationId;
      from: DestinationState;
      to: DestinationState;
      reason: Reason | null;
    };

export interface ReceiverBook {
  accepted: Partial<Record<Signal, number>>;
  refused: Partial<Record<ReasonCode, number>>;
}

export class Ledger {
  readonly #accounts = new Map<DestinationId, Account>();
  readonly #receivers = new Map<ReceiverId, ReceiverBook>();
  readonly #listeners = new Set<(event: LedgerEvent) => void>();

  /** Opens the account of a destination that is on. */
  open(destination: DestinationId, sinceMs: number): void {
    this.#accounts.set(destination, openAccount(sinceMs));
  }

  account(destination: DestinationId): Readonly<Account> | undefined {
    return this.#accounts.get(destination);
  }

  /** Items become the destination's business: queued until they are settled. */
  accept(destination: DestinationId, items: number): void {
    const account = this.#accounts.get(destination);
    if (!account || items === 0) return;
    account.counts.accepted += items;
    account.counts.queued += items;
    this.#publish({ kind: 'accepted', destination, items });
  }

  /** Items that were queued have their outcome. `code` says why, for all but `delivered`. */
  settle(
    destination: DestinationId,
    outcome: Outcome,
    items: number,
    code?: ReasonCode,
    position?: Position,
    from?: number,
    to?: number,
  ): void {
    const account = this.#accounts.get(destination);
    if (!account || items === 0) return;
    account.counts.queued -= items;
    account.counts[outcome] += items;
    if (code && outcome !== 'delivered' && outcome !== 'sampled') {
      account.reasons[outcome][code] = (account.reasons[outcome][code] ?? 0) + items;
    }
    this.#publish({ kind: 'settled', destination, outcome, code, items, position, from, to });
  }

  /** Items that were queued are another process's now: it accepts them, and they were never this one's. */
  handOver(destination: DestinationId, items: number): void {
    const account = this.#accounts.get(destination);
    if (!account || items === 0) return;
    account.counts.accepted -= items;
    account.counts.queued -= items;
    this.#publish({ kind: 'handed-over', destination, items });
  }

  /** Changes no count: it is for whoever wants to know how an item got where it is. */
  attempted(attempt: Attempt): void {
    this.#publish({ kind: 'attempted', destination: attempt.destination, attempt });
  }

  setState(destination: DestinationId, to: DestinationState, reason: Reason | null, nowMs: number): void {
    const account = this.#accounts.get(destination);
    if (!account) return;
    const from = account.state;
    const sameReason = account.reason?.code === reason?.code;
    account.reason = reason;
    if (from === to && sameReason) return;
    if (from !== to) account.sinceMs = nowMs;
    account.state = to;
    this.#publish({ kind: 'state', destination, from, to, reason });
  }

  received(receiver: ReceiverId, signal: Signal, items: number): void {
    const book = this.receiver(receiver);
    book.accepted[signal] = (book.accepted[signal] ?? 0) + items;
  }

  refused(receiver: ReceiverId, code: ReasonCode, items: number): void {
    const book = this.receiver(receiver);
    book.refused[code] = (book.refused[code] ?? 0) + items;
  }

  receiver(receiver: ReceiverId): ReceiverBook {
    let book = this.#receivers.get(receiver);
    if (!book) {
      book = { accepted: {}, refused: {} };
      this.#receivers.set(receiver, book);
    }
    return book;
  }

  /** Listeners run at once and must not throw; the returned function ends it. */
  subscribe(listener: (event: LedgerEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #publish(event: LedgerEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
