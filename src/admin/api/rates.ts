// Part of admin/api: how much goes by in a second, from looks at the ledger once a second.
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../model/clock.ts';
import { DESTINATION_IDS, type DestinationId, type ReceiverId } from '../../model/signals.ts';

const EVERY_MS = 1000;
/** Rates are over so many looks. */
const LOOKS = 5;

export const RECEIVER_IDS: readonly ReceiverId[] = ['otlp', 'aws-xray'];

type Totals = Map<string, number>;

export class Rates {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #looks: { atMs: number; totals: Totals }[] = [];
  #cancel: (() => void) | undefined;

  constructor(ledger: Ledger, clock: Clock) {
    this.#ledger = ledger;
    this.#clock = clock;
  }

  start(): void {
    this.#look();
    this.#cancel = this.#clock.schedule(EVERY_MS, () => this.start());
  }

  stop(): void {
    this.#cancel?.();
  }

  ofDestination(id: DestinationId): { acceptedPerSecond: number; deliveredPerSecond: number } {
    return {
      acceptedPerSecond: this.#perSecond(`${id} accepted`),
      deliveredPerSecond: this.#perSecond(`${id} delivered`),
    };
  }

  ofReceiver(id: ReceiverId): { acceptedPerSecond: number; refusedPerSecond: number } {
    return {
      acceptedPerSecond: this.#perSecond(`from ${id} accepted`),
      refusedPerSecond: this.#perSecond(`from ${id} refused`),
    };
  }

  #perSecond(name: string): number {
    const [first] = this.#looks;
    const last = this.#looks.at(-1);
    if (!first || !last || last.atMs <= first.atMs) return 0;
    const seconds = (last.atMs - first.atMs) / 1000;
    return Math.max(0, ((last.totals.get(name) ?? 0) - (first.totals.get(name) ?? 0)) / seconds);
  }

  #look(): void {
    const totals: Totals = new Map();
    for (const id of DESTINATION_IDS) {
      const counts = this.#ledger.account(id)?.counts;
      totals.set(`${id} accepted`, counts?.accepted ?? 0);
      totals.set(`${id} delivered`, counts?.delivered ?? 0);
    }
    for (const id of RECEIVER_IDS) {
      const { accepted, refused } = this.#ledger.receiver(id);
      totals.set(`from ${id} accepted`, sum(accepted));
      totals.set(`from ${id} refused`, sum(refused));
    }
    this.#looks.push({ atMs: this.#clock.now(), totals });
    if (this.#looks.length > LOOKS + 1) this.#looks.shift();
  }
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);
