// Part of recent: where the items of a trace got to, destination by destination, as the ledger told it.
import { isMeantFor } from '../delivery/routing.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { FIXES } from '../model/fixes.ts';
import type { Reason } from '../model/reasons.ts';
import { REASONS } from '../model/reasons.ts';
import type { DestinationId } from '../model/signals.ts';
import { keyOf, type SeenSpan } from './decoded.ts';
import type { Try } from './fate.ts';
import type { Kept, KeptTrace } from './kept.ts';
import type { Chip, Chips, Delivery, ItemState } from './shapes.ts';

/** `Delivery.answer`: 2 KB. */
const MAX_ANSWER_CHARS = 2048;

export class Deliveries {
  readonly #ledger: Pick<Ledger, 'account'>;
  readonly #destinations: readonly DestinationId[];

  constructor(ledger: Pick<Ledger, 'account'>, destinations: readonly DestinationId[]) {
    this.#ledger = ledger;
    this.#destinations = destinations;
  }

  /** Of some of a trace's items: its spans and documents, or its log records. */
  chipsOf(trace: KeptTrace, isMeant: (kept: Kept) => boolean): Chips {
    const parts = trace.parts.filter(isMeant);
    return this.#chips((count) => {
      for (const kept of parts) for (const item of kept.itemsOf(trace)) count(kept, item);
    });
  }

  /**
   * Where dead letters of the trace were sent again: the last account of an item counts, at the destinations that it is for. A document
   * goes by its first span.
   */
  chipsOfReplayed(accounts: Iterable<SeenSpan>): Chips {
    const last = new Map<DestinationId, Map<string, SeenSpan>>();
    const firsts = new Map<Kept, Set<number>>();
    for (const one of accounts) {
      const seen = firsts.get(one.kept) ?? new Set();
      firsts.set(one.kept, seen);
      if (seen.has(one.item)) continue;
      seen.add(one.item);
      for (const destination of this.#destinations) {
        if (!isMeantFor(destination, one.kept.origin)) continue;
        last.set(destination, (last.get(destination) ?? new Map()).set(keyOf(one), one));
      }
    }
    return this.#chips((count, destination) => {
      for (const { kept, item } of last.get(destination)?.values() ?? []) count(kept, item);
    });
  }

  /** Of all accounts of one span, the last at each destination. */
  ofAccounts(accounts: readonly SeenSpan[]): readonly Delivery[] {
    const last = new Map<DestinationId, Delivery>();
    for (const { kept, item } of accounts)
      for (const one of this.ofItem(kept, item)) last.set(one.destination, one);
    return this.#destinations.flatMap((destination) => last.get(destination) ?? []);
  }

  chipsOfItem(kept: Kept, item: number): Chips {
    return this.#chips((count) => count(kept, item));
  }

  /** In the order of the destinations. */
  ofItem(kept: Kept, item: number): readonly Delivery[] {
    return this.#destinations.flatMap((destination) => this.#delivery(kept, item, destination) ?? []);
  }

  #chips(each: (count: (kept: Kept, item: number) => void, destination: DestinationId) => void): Chips {
    const chips: Chips = {};
    for (const destination of this.#destinations) {
      const chip: Chip = {};
      let isConcerned = false;
      each((kept, item) => {
        if (!isMeantFor(destination, kept.origin)) return;
        const state = this.#stateOf(kept, kept.sourceOf(item), destination);
        chip[state] = (chip[state] ?? 0) + 1;
        isConcerned ||= state !== 'skipped' || this.#isRouted(kept, kept.sourceOf(item), destination);
      }, destination);
      if (isConcerned) chips[destination] = chip;
    }
    return chips;
  }

  /** Skipped because another copy is sent, and not because the destination has no use for it. */
  #isRouted(kept: Kept, source: number, destination: DestinationId): boolean {
    const code = kept.fate(destination).verdictOf(source)?.code;
    return code !== 'not_applicable' && code !== 'signal_unsupported';
  }

  #stateOf(kept: Kept, source: number, destination: DestinationId): ItemState {
    const fate = kept.fate(destination);
    return fate.verdictOf(source)?.outcome ?? this.#waiting(fate.lastTryOf(source), destination).state;
  }

  /** What has no outcome yet shares the state of its destination, or that of its own last try. */
  #waiting(
    last: Try | undefined,
    destination: DestinationId,
  ): { state: ItemState; reason: Reason | undefined } {
    const account = this.#ledger.account(destination);
    if (account && (account.state === 'retrying' || account.state === 'blocked'))
      return { state: account.state, reason: account.reason ?? last?.reason };
    if (!last || (last.result === 'delivered' && !last.reason)) return { state: 'queued', reason: undefined };
    return { state: last.result === 'blocked' ? 'blocked' : 'retrying', reason: last.reason };
  }

  #delivery(kept: Kept, item: number, destination: DestinationId): Delivery | undefined {
    if (!isMeantFor(destination, kept.origin)) return undefined;
    const source = kept.sourceOf(item);
    const fate = kept.fate(destination);
    const verdict = fate.verdictOf(source);
    const last = fate.lastTryOf(source);
    const { state, reason } = verdict
      ? { state: verdict.outcome, reason: verdict.outcome === 'delivered' ? undefined : last?.reason }
      : this.#waiting(last, destination);
    const code = verdict ? verdict.code : reason?.code;
    const said = reason && reason.code === code ? reason : undefined;
    const fix =
      said?.fix ?? (code && (state === 'rejected' || state === 'dropped') ? FIXES[code] : undefined);
    const attempts = fate.triesOf(source);
    return {
      destination,
      state,
      ...(code && { code, message: said?.message ?? REASONS[code] }),
      ...(fix && { fix }),
      receivedAtMs: kept.receivedAtMs,
      ...(verdict && { settledAtMs: verdict.outcome === 'delivered' && last ? last.atMs : verdict.atMs }),
      ...(attempts > 0 && { attempts }),
      ...(last?.answer && { answer: last.answer.slice(0, MAX_ANSWER_CHARS) }),
      ...(last && { batch: { items: last.items, bytes: last.bytes } }),
    };
  }
}
