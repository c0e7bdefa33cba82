// Part of recent: recent traces and logs for the page. It listens to intake and to the ledger and is never waited for.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Ledger, LedgerEvent } from '../ledger/ledger.ts';
import type { BufferPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import type { Accepted, DestinationId, Position } from '../model/signals.ts';
import { Heat } from './heat.ts';
import { Kept } from './kept.ts';
import { Store } from './store.ts';
import { Taker } from './take.ts';
import { Views } from './views.ts';

export interface RecentOptions {
  /** SIDECAST_RECENT_BYTES; 0 keeps nothing. */
  maxBytes: number;
  ledger: Ledger;
  /** Those that are on. */
  destinations: readonly DestinationId[];
  clock: Clock;
  /** Whose buffers hold the payloads. */
  pool: Pick<BufferPool, 'retain' | 'give'>;
  onError(error: Error): void;
}

export interface Recent extends Views {
  /** A record has its position, and nobody has settled anything of it. */
  appended(accepted: Accepted, position: Position): void;
  /** Resolves when everything that was appended has been looked at. */
  settled(): Promise<void>;
}

/** Payloads that wait to be looked at; what comes beyond is not kept. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Small requests share a turn of the event loop. */
const ITEMS_PER_TURN = 512;

export function createRecent({
  maxBytes,
  ledger,
  destinations,
  clock,
  pool,
  onError,
}: RecentOptions): Recent {
  const store = new Store(maxBytes);
  const heat = new Heat();
  const taker = new Taker({ store, heat, clock });
  const views = new Views({ store, heat, ledger, destinations, clock, choice: taker.traceChoice });
  const waiting: { kept: Kept; accepted: Accepted }[] = [];
  let waitingBytes = 0;
  let working: Promise<void> | undefined;

  async function work(): Promise<void> {
    let items = ITEMS_PER_TURN;
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      if (items >= ITEMS_PER_TURN) {
        await endOfTurn();
        items = 0;
      }
      const { kept, accepted } = next;
      items += kept.items;
      try {
        await taker.take(kept, accepted);
      } catch (error) {
        store.drop(kept);
        onError(error as Error);
      }
      waitingBytes -= accepted.payload.length;
      pool.give(accepted.payload);
    }
    working = undefined;
  }

  function onLedger(event: LedgerEvent): void {
    if (event.kind === 'settled') {
      const kept = event.position === undefined ? undefined : store.at(event.position);
      if (!kept) return;
      const { outcome, code, from, to } = event;
      kept.fate(event.destination).settle({ outcome, code, atMs: clock.now() }, from, to);
      store.changed(kept);
    } else if (event.kind === 'attempted') noteAttempt(event);
    // What waits for a destination shares its state.
    else if (event.kind === 'state')
      for (const kept of store.records()) if (!kept.fate(event.destination).isSettled) store.changed(kept);
  }

  function noteAttempt({ destination, attempt }: Extract<LedgerEvent, { kind: 'attempted' }>): void {
    const { result, reason, answer, items, bytes, sources, refused } = attempt;
    const one = { result, reason, answer, items, bytes, atMs: clock.now() };
    sources.forEach(({ position, from, to }, index) => {
      const kept = store.at(position);
      if (!kept) return;
      const refusal = refused.length > 0 ? refused.find((other) => other.index === index) : undefined;
      const tried = refusal ? { ...one, reason: refusal.reason, answer: refusal.answer } : one;
      kept.fate(destination).tried(tried, from, to);
      // Of what was taken its settlement tells.
      if (result !== 'delivered') store.changed(kept);
    });
  }

  ledger.subscribe(onLedger);

  return Object.assign(views, {
    appended(accepted: Accepted, position: Position) {
      if (accepted.signal === 'metrics' || maxBytes === 0) return;
      if (waitingBytes + accepted.payload.length > MAX_WAITING_BYTES && waiting.length > 0) return;
      const kept = new Kept(accepted, position);
      store.expect(kept);
      pool.retain(accepted.payload);
      waiting.push({ kept, accepted });
      waitingBytes += accepted.payload.length;
      working ??= work();
    },
    async settled() {
      while (working) await working;
    },
  });
}
