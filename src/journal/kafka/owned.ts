// Part of the journal in Kafka: a partition that one destination reads here: where it is, what was handed out, what is settled.
import type { ItemSet } from '../../model/item-set.ts';
import { Settlements } from '../settlements.ts';
import type { IncomingMessage, Place, PlacedOffset } from './client.ts';
import { type Slot, slotOf } from './position.ts';

interface HandedOut {
  items: number;
  bytes: number;
  receivedAtMs: number;
}

export class OwnedPartition {
  readonly place: Place;
  readonly slot: Slot;
  /** By offset. */
  readonly settlements: Settlements;
  /** What is fetched next. */
  fetchFrom: number;
  /** One past the last message that the brokers have told of. */
  end: number;
  /** As the brokers know it. */
  committed: number;
  /** Nothing more is read of it here: another has it soon. */
  isLeaving = false;
  readonly #handedOut = new Map<number, HandedOut>();

  constructor(
    place: Place,
    from: number,
    end: number,
    committed: number,
    settlements: Settlements = new Settlements(from),
  ) {
    this.place = place;
    this.slot = slotOf(place);
    this.settlements = settlements;
    this.fetchFrom = from;
    this.end = end;
    this.committed = committed;
  }

  /** Messages that are not settled, read or not. */
  get lag(): number {
    return Math.max(0, this.end - this.settlements.low);
  }

  get openRecords(): number {
    return this.#handedOut.size;
  }

  /** Undefined when the brokers know it. */
  get toCommit(): PlacedOffset | undefined {
    const { low } = this.settlements;
    return low > this.committed ? { ...this.place, offset: low } : undefined;
  }

  /** What lies before the next message, or before the end of what was fetched, holds nothing. */
  pass(messages: readonly IncomingMessage[], next: number): void {
    let at = this.fetchFrom;
    for (const { offset } of messages) {
      if (offset > at) this.settlements.settleRange(at, offset);
      at = offset + 1;
    }
    if (next > at) this.settlements.settleRange(at, next);
    this.fetchFrom = next;
  }

  handOut(offset: number, record: HandedOut): void {
    this.#handedOut.set(offset, record);
  }

  isOpen(offset: number): boolean {
    return this.#handedOut.has(offset);
  }

  settle(offset: number, items: 'whole' | ItemSet): void {
    if (items !== 'whole') {
      this.settlements.settleItems(offset, items);
      return;
    }
    this.settlements.settle(offset);
    this.#handedOut.delete(offset);
  }

  openOffsets(): IterableIterator<number> {
    return this.#handedOut.keys();
  }

  /** Items of it without an outcome. */
  openItems(offset: number): number {
    const items = this.#handedOut.get(offset)?.items ?? 0;
    return items - (this.settlements.items(offset)?.size ?? 0);
  }

  /** Of what was handed out. */
  backlog(): { bytes: number; oldestReceivedAtMs: number | undefined } {
    let bytes = 0;
    let oldestReceivedAtMs: number | undefined;
    for (const record of this.#handedOut.values()) {
      bytes += record.bytes;
      oldestReceivedAtMs = Math.min(oldestReceivedAtMs ?? record.receivedAtMs, record.receivedAtMs);
    }
    return { bytes, oldestReceivedAtMs };
  }
}
