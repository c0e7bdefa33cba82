// Part of recent: what became of the items of one record at one destination. Costs a few fields where all share one fate.
import type { Attempt, Outcome } from '../ledger/ledger.ts';
import type { Reason, ReasonCode } from '../model/reasons.ts';

export interface Verdict {
  outcome: Outcome;
  code: ReasonCode | undefined;
  atMs: number;
}

/** A request that an item was in, and what it meant for it. */
export interface Try {
  result: Attempt['result'];
  reason: Reason | undefined;
  answer: string | undefined;
  items: number;
  bytes: number;
  atMs: number;
}

const MAX_COUNTED = 255;

export class Fate {
  readonly #items: number;
  #all: Verdict | undefined;
  /** Index + 1 into #verdicts. */
  #each: Uint8Array | undefined;
  #verdicts: Verdict[] = [];
  #lastOfAll: Try | undefined;
  #triesOfAll = 0;
  #last: (Try | undefined)[] | undefined;
  #tries: Uint8Array | undefined;

  constructor(items: number) {
    this.#items = items;
  }

  /** Items of from <= index < to that have no outcome yet. */
  settle(verdict: Verdict, from = 0, to = this.#items): void {
    if (from === 0 && to === this.#items && !this.#each) {
      this.#all ??= verdict;
      return;
    }
    this.#each ??= new Uint8Array(this.#items);
    const place = this.#placeOf(verdict);
    for (let index = from; index < to; index++) if (this.#each[index] === 0) this.#each[index] = place;
  }

  tried(one: Try, from: number, to: number): void {
    if (from === 0 && to === this.#items) {
      this.#triesOfAll += 1;
      this.#lastOfAll = one;
      this.#last = undefined;
      return;
    }
    this.#tries ??= new Uint8Array(this.#items);
    this.#last ??= [];
    for (let index = from; index < to; index++) {
      this.#tries[index] = Math.min(MAX_COUNTED, (this.#tries[index] ?? 0) + 1);
      this.#last[index] = one;
    }
  }

  verdictOf(index: number): Verdict | undefined {
    return this.#all ?? this.#verdicts[(this.#each?.[index] ?? 0) - 1];
  }

  lastTryOf(index: number): Try | undefined {
    return this.#last?.[index] ?? this.#lastOfAll;
  }

  triesOf(index: number): number {
    return this.#triesOfAll + (this.#tries?.[index] ?? 0);
  }

  get isSettled(): boolean {
    return this.#all !== undefined || (this.#each?.every((place) => place > 0) ?? false);
  }

  #placeOf({ outcome, code, atMs }: Verdict): number {
    const known = this.#verdicts.findIndex((other) => other.outcome === outcome && other.code === code);
    if (known >= 0) return known + 1;
    // More than 255 kinds there are not: outcomes by reason codes.
    return this.#verdicts.push({ outcome, code, atMs });
  }
}
