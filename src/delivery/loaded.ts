// Part of delivery: a record in memory, and which of its source items still wait for an outcome.
import type { Outcome } from '../ledger/ledger.ts';
import { ItemSet } from '../model/item-set.ts';
import type { ReasonCode } from '../model/reasons.ts';
import type { JournalRecord, Position } from '../model/signals.ts';
import type { Entry } from './batcher.ts';

export interface Verdict {
  outcome: Outcome;
  code?: ReasonCode;
}

export const DELIVERED: Verdict = { outcome: 'delivered' };

/** What a source item counts as when its derived items differ: the worst wins (DESIGN section 1). */
const RANK: Readonly<Record<Outcome, number>> = {
  skipped: 1,
  sampled: 2,
  delivered: 3,
  dropped: 4,
  rejected: 5,
};

export function worse(a: Outcome, b: Outcome): boolean {
  return RANK[a] > RANK[b];
}

/** `items` of those in from <= index < to have their outcome. */
export type Book = (verdict: Verdict, items: number, position: Position, from: number, to: number) => void;

export class LoadedRecord {
  readonly position: Position;
  readonly items: number;
  readonly receivedAtMs: number;
  readonly #book: Book;
  /** Derived items that have no outcome yet, by source item. Absent while the record is one undivided item. */
  #pending: Uint16Array | undefined;
  /** Worst verdict so far, as index + 1 into #verdicts. */
  #worst: Uint8Array | undefined;
  readonly #verdicts: Verdict[] = [];
  #settled: ItemSet | undefined;
  #fresh: ItemSet | undefined;
  #open: number;
  /** Derived items in memory: queued, waiting for a retry or in flight. */
  active = 0;
  /** The journal has removed the record: what is not in memory cannot be had again. */
  evicted: { code: ReasonCode; record: JournalRecord | undefined } | undefined;

  /** Another process reads the record now, and this one only ends what is on the way. */
  isHandedOver = false;
  /** And it was read again since: what is settled is another reading's to say. */
  hasSuccessor = false;

  constructor({ position, summary, receivedAtMs }: JournalRecord, settled: ItemSet | undefined, book: Book) {
    this.position = position;
    this.items = summary.items;
    this.receivedAtMs = receivedAtMs;
    this.#book = book;
    this.#settled = settled;
    this.#open = summary.items - (settled?.size ?? 0);
  }

  /** Source items without an outcome. */
  get open(): number {
    return this.#open;
  }

  isSettled(index: number): boolean {
    return this.#open === 0 || (this.#settled?.has(index) ?? false);
  }

  isRangeSettled(from: number, to: number): boolean {
    for (let index = from; index < to; index++) if (!this.isSettled(index)) return false;
    return true;
  }

  /** Announces derived items, before any of them has an outcome. One item that covers the whole record costs nothing. */
  expect(ranges: readonly { from: number; to: number }[]): void {
    const [only] = ranges;
    if (ranges.length === 1 && only?.from === 0 && only.to === this.items && !this.#settled) return;
    this.#allocate(0);
    this.expectMore(ranges);
  }

  /** Something else has to happen to these source items before they are settled: a `resolve` of its own. */
  expectMore(ranges: readonly { from: number; to: number }[]): void {
    const pending = this.#pending ?? this.#allocate(1);
    for (const { from, to } of ranges) for (let i = from; i < to; i++) pending[i] = (pending[i] ?? 0) + 1;
  }

  /** One derived item has its outcome. */
  resolve(from: number, to: number, verdict: Verdict): void {
    if (!this.#pending && from === 0 && to === this.items) {
      this.#book(verdict, this.#open, this.position, 0, this.items);
      this.#open = 0;
      return;
    }
    const pending = this.#pending ?? this.#allocate(1);
    for (let i = from; i < to; i++) {
      if (this.isSettled(i)) continue;
      this.#noteVerdict(i, verdict);
      pending[i] = Math.max(0, (pending[i] ?? 1) - 1);
      if (pending[i] === 0) this.#settle(i);
    }
  }

  /** Gives everything that is still open the same outcome. */
  resolveRest(verdict: Verdict): void {
    this.#pending ??= this.#allocate(1);
    for (let i = 0; i < this.items; i++) {
      if (this.isSettled(i)) continue;
      this.#noteVerdict(i, verdict);
      this.#settle(i);
    }
  }

  /** A verdict beside the derived items: settles the source items that wait for none, and is remembered for the others. */
  settleAside(from: number, to: number, verdict: Verdict): void {
    const pending = this.#pending ?? this.#allocate(1);
    for (let i = from; i < to; i++) {
      if (this.isSettled(i)) continue;
      this.#noteVerdict(i, verdict);
      if (pending[i] === 0) this.#settle(i);
    }
  }

  /** Source items that an encoder neither used, skipped nor rejected. */
  settleUnused(verdict: Verdict): void {
    if (!this.#pending) return;
    for (let i = 0; i < this.items; i++) if (this.#pending[i] === 0) this.settleAside(i, i + 1, verdict);
  }

  /** Items settled since the last call, for the journal. */
  takeFresh(): ItemSet | undefined {
    const fresh = this.#fresh;
    this.#fresh = undefined;
    return fresh;
  }

  #allocate(each: number): Uint16Array {
    this.#pending = new Uint16Array(this.items).fill(each);
    this.#worst = new Uint8Array(this.items);
    return this.#pending;
  }

  #noteVerdict(index: number, verdict: Verdict): void {
    const worst = this.#worst as Uint8Array;
    const known = this.#verdicts[(worst[index] ?? 0) - 1];
    if (known && RANK[known.outcome] >= RANK[verdict.outcome]) return;
    let place = this.#verdicts.findIndex(
      (other) => other.outcome === verdict.outcome && other.code === verdict.code,
    );
    if (place < 0) place = this.#verdicts.push(verdict) - 1;
    worst[index] = place + 1;
  }

  #settle(index: number): void {
    this.#settled ??= new ItemSet(this.items);
    this.#fresh ??= new ItemSet(this.items);
    this.#settled.add(index);
    this.#fresh.add(index);
    this.#open -= 1;
    const verdict = this.#verdicts[(this.#worst?.[index] ?? 0) - 1];
    if (verdict) this.#book(verdict, 1, this.position, index, index + 1);
  }
}

/** One derived item, as it was queued, has its outcome. */
export function resolve({ loaded, item }: Entry<unknown>, verdict: Verdict): void {
  loaded.resolve(item.sources.from, item.sources.to, verdict);
}
