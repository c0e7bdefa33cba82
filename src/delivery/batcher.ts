// Part of delivery: cuts a queue into requests that keep the vendor's limits in exact bytes.
import type { Hunt } from './bisect.ts';
import type { BatchLimits, EncodedItem } from './exporter.ts';
import type { LoadedRecord } from './loaded.ts';

export interface Entry<T> {
  item: EncodedItem<T>;
  loaded: LoadedRecord;
  queuedAtMs: number;
  /** What it counts for in memory, from the moment it is loaded: an entry that is cut in two costs no more. */
  costBytes: number;
  /** Failed while others succeeded: it counts by itself (Budget). */
  isAside: boolean;
}

export interface Batch<T> {
  entries: readonly Entry<T>[];
  attempts: number;
  firstFailedAtMs: number | undefined;
  /** The partition's successes when this batch failed last: more since then means that others succeed. */
  successesAtFailure: number | undefined;
  /** Failures while others succeeded. */
  lonelyFailures: number;
  /** Alone in the side lane, being taken apart. */
  isolated: boolean;
  /** Cut small to see whether the vendor takes data again. */
  isProbe: boolean;
  /** The refused request that this is a part of. */
  hunt: Hunt | undefined;
  notBeforeMs: number;
}

export function createBatch<T>(entries: readonly Entry<T>[], from?: Batch<T>): Batch<T> {
  return {
    entries,
    attempts: from?.attempts ?? 0,
    firstFailedAtMs: from?.firstFailedAtMs,
    successesAtFailure: from?.successesAtFailure,
    lonelyFailures: from?.lonelyFailures ?? 0,
    isolated: from?.isolated ?? false,
    isProbe: false,
    hunt: from?.hunt,
    notBeforeMs: 0,
  };
}

/** Source items that an encoded item stands for: what `maxItems` counts. */
export function weight(item: EncodedItem<unknown>): number {
  return item.sources.to - item.sources.from;
}

export function weightOf(entries: readonly Entry<unknown>[]): number {
  return entries.reduce((sum, { item }) => sum + weight(item), 0);
}

/** How many of `taken` a request has when it cuts no group off from `next`, unless that left it less than half full. */
function wholeGroups<T>(
  taken: readonly Entry<T>[],
  next: Entry<T>,
  groupOf: (item: EncodedItem<T>) => string | undefined,
): number {
  const group = groupOf(next.item);
  const shortest = Math.ceil(taken.length / 2);
  for (let count = taken.length; group !== undefined && count >= shortest; count--)
    if (groupOf((taken[count - 1] as Entry<T>).item) !== group) return count;
  return taken.length;
}

/** First in, first out, with its sums at hand. */
export class EntryQueue<T> {
  #entries: Entry<T>[] = [];
  #head = 0;
  bytes = 0;
  items = 0;

  get length(): number {
    return this.#entries.length - this.#head;
  }

  /** The one that goes out next. */
  get front(): Entry<T> | undefined {
    return this.#entries[this.#head];
  }

  push(entry: Entry<T>): void {
    this.#entries.push(entry);
    this.bytes += entry.item.bytes;
    this.items += weight(entry.item);
  }

  /** True when a request would be full. */
  isFull(limits: BatchLimits): boolean {
    return this.items >= limits.maxItems || this.bytes >= limits.maxBytes;
  }

  /** The longest run from the front that fits one request; at least one entry. */
  take(limits: BatchLimits, groupOf?: (item: EncodedItem<T>) => string | undefined): Entry<T>[] {
    const taken: Entry<T>[] = [];
    let bytes = 0;
    let items = 0;
    let earliest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    for (let at = this.#head; at < this.#entries.length; at++) {
      const entry = this.#entries[at] as Entry<T>;
      earliest = Math.min(earliest, entry.item.timeUnixMs);
      latest = Math.max(latest, entry.item.timeUnixMs);
      bytes += entry.item.bytes;
      items += weight(entry.item);
      const fits = bytes <= limits.maxBytes && items <= limits.maxItems;
      const isClose = limits.maxSpreadMs === undefined || latest - earliest <= limits.maxSpreadMs;
      if (taken.length > 0 && !(fits && isClose)) {
        if (groupOf) taken.length = wholeGroups(taken, entry, groupOf);
        break;
      }
      taken.push(entry);
    }
    this.#drop(taken);
    return limits.ordered ? taken.sort((a, b) => a.item.timeUnixMs - b.item.timeUnixMs) : taken;
  }

  takeOut(isWanted: (entry: Entry<T>) => boolean): Entry<T>[] {
    const all = this.takeAll();
    for (const entry of all) if (!isWanted(entry)) this.push(entry);
    return all.filter(isWanted);
  }

  takeAll(): Entry<T>[] {
    const all = this.#entries.slice(this.#head);
    this.#drop(all);
    return all;
  }

  #drop(taken: readonly Entry<T>[]): void {
    for (const { item } of taken) {
      this.bytes -= item.bytes;
      this.items -= weight(item);
    }
    this.#head += taken.length;
    if (this.#head > 1024 || this.#head === this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }
}
