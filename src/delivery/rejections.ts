// Part of delivery: what was refused for good, buried record by record, and settled when its letters are written: at once or later.
import type { Reason } from '../model/reasons.ts';
import { type Entry, weight } from './batcher.ts';
import type { Budget } from './budget.ts';
import type { Burials, Fate, Refused } from './bury.ts';
import { DELIVERED, type LoadedRecord, resolve, type Verdict } from './loaded.ts';

export interface Rejection<T> extends Pick<Refused, 'reason' | 'vendor'> {
  entry: Entry<T>;
}

/** What is settled only when its dead letter is written at last. */
export interface Later<T> {
  release(entries: readonly Entry<T>[]): void;
  letGo(loaded: LoadedRecord): void;
}

export class Rejections<T> {
  readonly #burials: Burials;
  readonly #budget: Budget;
  readonly #later: Later<T>;

  constructor(burials: Burials, budget: Budget, later: Later<T>) {
    this.#burials = burials;
    this.#budget = budget;
    this.#later = later;
  }

  /** What the vendor would not take, as encoding found. */
  async ofEncoding(loaded: LoadedRecord, refused: readonly Refused[]): Promise<void> {
    const settle = (fate: Fate) => {
      for (const { from, to, reason } of refused) loaded.resolve(from, to, verdictOf(fate, reason, loaded));
    };
    // It is not forgotten while its letters wait.
    loaded.active += 1;
    loaded.expectMore(refused);
    const later = () => this.#later.letGo(loaded);
    if (await this.#burials.bury(loaded, refused, settle, later)) loaded.active -= 1;
  }

  /** Returns the entries that are done with; the others are when their letters can be written. */
  async ofVendor(rejections: readonly Rejection<T>[]): Promise<readonly Entry<T>[]> {
    const done: Entry<T>[] = [];
    for (const [loaded, group] of byRecord(rejections)) {
      const refused = group.map(({ entry, reason, vendor }) => ({ ...entry.item.sources, reason, vendor }));
      const settle = (fate: Fate) => {
        for (const { entry, reason } of group) resolve(entry, verdictOf(fate, reason, loaded));
      };
      const entries = group.map(({ entry }) => entry);
      if (await this.#bury(loaded, refused, settle, entries)) done.push(...entries);
    }
    return done;
  }

  /** n items of the request were refused, and nobody knows which: the first count as such, and all are suspect. */
  async anonymous(
    entries: readonly Entry<T>[],
    answer: { items: number; message: string },
    reason: Reason,
  ): Promise<readonly Entry<T>[]> {
    const vendor = { status: 200, body: answer.message };
    const done: Entry<T>[] = [];
    let left = answer.items;
    for (const entry of entries) {
      const { loaded, item } = entry;
      const { from, to } = item.sources;
      const behind = from + Math.min(left, weight(item));
      left -= behind - from;
      const settle = (fate: Fate) => {
        if (behind > from) loaded.resolve(from, behind, verdictOf(fate, reason, loaded));
        if (behind < to) loaded.resolve(behind, to, DELIVERED);
      };
      const suspect = { from, to, reason, vendor, suspect: true };
      if (await this.#bury(loaded, [suspect], settle, [entry])) done.push(entry);
    }
    return done;
  }

  async #bury(
    loaded: LoadedRecord,
    refused: readonly Refused[],
    settle: (fate: Fate) => void,
    entries: readonly Entry<T>[],
  ): Promise<boolean> {
    const later = () => this.#later.release(entries);
    const isBuried = await this.#burials.bury(loaded, refused, settle, later);
    if (!isBuried) this.#budget.setAside(entries);
    return isBuried;
  }
}

function byRecord<T>(rejections: readonly Rejection<T>[]): ReadonlyMap<LoadedRecord, Rejection<T>[]> {
  const groups = new Map<LoadedRecord, Rejection<T>[]>();
  for (const one of rejections) {
    const group = groups.get(one.entry.loaded);
    if (group) group.push(one);
    else groups.set(one.entry.loaded, [one]);
  }
  return groups;
}

/** What was refused, and of which nothing is left to be kept, was given up together with its record. */
function verdictOf(fate: Fate, { code }: Reason, { evicted }: LoadedRecord): Verdict {
  return fate === 'gone' && evicted
    ? { outcome: 'dropped', code: evicted.code }
    : { outcome: 'rejected', code };
}
