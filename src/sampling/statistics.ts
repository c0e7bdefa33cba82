// Part of sampling: what the SDKs counted since AWS last heard of it, added up over all of them.

import type { JsonObject } from '../protocols/xray/json.ts';

export interface StatisticsKind {
  /** Members that say what is counted, with the longest text that AWS takes: one longer would have it refuse all. */
  about: Readonly<Record<string, number>>;
  /** Members that are added up. */
  counts: readonly string[];
}

/** Service model xray 2016-04-12: SamplingStatisticsDocument and SamplingBoostStatisticsDocument. */
export const REQUESTS: StatisticsKind = {
  about: { RuleName: 32 },
  counts: ['RequestCount', 'SampledCount', 'BorrowCount'],
};
export const ANOMALIES: StatisticsKind = {
  about: { RuleName: 32, ServiceName: 64 },
  counts: ['AnomalyCount', 'TotalCount', 'SampledAnomalyCount'],
};

export type Sum = Readonly<Record<string, string | number>>;

/** Names come from whoever can reach the port; an account has 25 rules and Default. */
const MAX_SUMS = 200;
/** The API's integers have 32 bits. */
const MAX_COUNT = 2 ** 31 - 1;

export class Statistics {
  readonly #kind: StatisticsKind;
  readonly #sums = new Map<string, Sum>();

  constructor(kind: StatisticsKind) {
    this.#kind = kind;
  }

  get size(): number {
    return this.#sums.size;
  }

  /** Leaves out what is no such document. */
  add(document: JsonObject): void {
    const names: Record<string, string> = {};
    for (const [member, longest] of Object.entries(this.#kind.about)) {
      const name = document[member];
      if (typeof name !== 'string' || name === '' || name.length > longest) return;
      names[member] = name;
    }
    const key = JSON.stringify(names);
    const sum = this.#sums.get(key) ?? names;
    if (!this.#sums.has(key) && this.#sums.size >= MAX_SUMS) return;
    const counts = this.#kind.counts.map((member) => [
      member,
      Math.min(MAX_COUNT, countOf(sum[member]) + countOf(document[member])),
    ]);
    this.#sums.set(key, { ...sum, ...Object.fromEntries(counts) });
  }

  /** The oldest sums, which are then not here any more: `add` puts back what AWS did not take. */
  take(most: number): readonly Sum[] {
    const taken = [...this.#sums].slice(0, most);
    for (const [key] of taken) this.#sums.delete(key);
    return taken.map(([, sum]) => sum);
  }
}

const countOf = (value: unknown): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
