// Part of delivery: takes a request apart on the way to the items that the vendor will not take.
import { type Batch, createBatch, type Entry, weight, weightOf } from './batcher.ts';
import type { EncodedItem, Exporter } from './exporter.ts';

/** The search for the bad items of one refused request. */
export interface Hunt {
  items: number;
  bad: number;
}

/** Four items are sent one by one as soon as they are refused together: a quarter of them is bad at least. */
const FEW = 4;

/**
 * The parts of a refused batch; the batch itself when there is nothing left to cut. Finds k bad items among n with at most
 * 2k(⌈log2(n/k)⌉ + 1) further requests; where more than a quarter has turned out bad, what is left is sent one by one.
 */
export function takeApart<T>(batch: Batch<T>, hunt: Hunt, exporter: Exporter<T>): readonly Batch<T>[] {
  const isDense = isHopeless(hunt) || weightOf(batch.entries) <= FEW;
  return isDense ? singles(batch, exporter) : (halve(batch, exporter) ?? [batch]);
}

export function isHopeless(hunt: Hunt): boolean {
  return hunt.bad * 4 > hunt.items;
}

/**
 * Two smaller batches, or undefined when the batch cannot be cut any more. The first has the largest power of two that leaves
 * something: then the halves of halves come out even, on which the bound rests.
 */
export function halve<T>(batch: Batch<T>, exporter: Exporter<T>): readonly Batch<T>[] | undefined {
  const { entries } = batch;
  const items = weightOf(entries);
  if (items < 2) return undefined;
  const [front, back] = divide(entries, 2 ** (Math.ceil(Math.log2(items)) - 1), exporter);
  if (front.length > 0 && back.length > 0) return [createBatch(front, batch), createBatch(back, batch)];
  if (entries.length < 2) return undefined;
  return [createBatch(entries.slice(0, 1), batch), createBatch(entries.slice(1), batch)];
}

/** A batch for each source item. */
export function singles<T>(batch: Batch<T>, exporter: Exporter<T>): readonly Batch<T>[] {
  const halves = halve(batch, exporter);
  return halves ? halves.flatMap((half) => singles(half, exporter)) : [batch];
}

/** The first `count` source items and the others. The entry in which the cut falls is cut where the exporter can. */
export function divide<T>(
  entries: readonly Entry<T>[],
  count: number,
  exporter: Exporter<T>,
): readonly [readonly Entry<T>[], readonly Entry<T>[]] {
  let left = count;
  const at = entries.findIndex(({ item }) => {
    left -= weight(item);
    return left < 0;
  });
  const entry = entries[at];
  if (!entry) return [entries, []];
  const taken = weight(entry.item) + left;
  const parts = taken > 0 ? exporter.split?.(entry.item, taken) : undefined;
  if (!parts) return [entries.slice(0, at), entries.slice(at)];
  entry.loaded.active += 1;
  const [front, back] = parts;
  return [
    [...entries.slice(0, at), { ...entry, item: front }],
    [{ ...entry, item: back, costBytes: 0 }, ...entries.slice(at + 1)],
  ];
}

/** The parts of an item whose sources are not settled yet: what is left of a record that an earlier run had begun. */
export function unsettledParts<T>(
  item: EncodedItem<T>,
  isSettled: (index: number) => boolean,
  exporter: Exporter<T>,
): readonly EncodedItem<T>[] {
  const { from, to } = item.sources;
  let start = from;
  while (start < to && isSettled(start)) start += 1;
  let end = start;
  while (end < to && !isSettled(end)) end += 1;
  if (start === to) return [];
  if (start === from && end === to) return [item];
  const parts = exporter.split?.(item, (start > from ? start : end) - from);
  return parts ? parts.flatMap((part) => unsettledParts(part, isSettled, exporter)) : [item];
}
