// Part of delivery: halves a batch on the way to the one item that the vendor will not take.
import { type Batch, createBatch, type Entry, weight } from './batcher.ts';
import type { EncodedItem, Exporter } from './exporter.ts';

/** Two smaller batches, or undefined when the batch is a single source item. */
export function halve<T>(batch: Batch<T>, exporter: Exporter<T>): readonly [Batch<T>, Batch<T>] | undefined {
  const entries = batch.entries.length > 1 ? batch.entries : splitOnly(batch.entries[0], exporter);
  if (!entries || entries.length < 2) return undefined;
  const middle = entries.length >> 1;
  return [createBatch(entries.slice(0, middle), batch), createBatch(entries.slice(middle), batch)];
}

function splitOnly<T>(entry: Entry<T> | undefined, exporter: Exporter<T>): readonly Entry<T>[] | undefined {
  if (!entry || weight(entry.item) < 2) return undefined;
  const halves = exporter.split?.(entry.item);
  if (!halves) return undefined;
  entry.loaded.active += 1;
  return halves.map((item) => ({ ...entry, item }));
}

/** The parts of an item whose sources are not settled yet: what is left of a record that an earlier run had begun. */
export function unsettledParts<T>(
  item: EncodedItem<T>,
  isSettled: (index: number) => boolean,
  exporter: Exporter<T>,
): readonly EncodedItem<T>[] {
  const { from, to } = item.sources;
  let settled = 0;
  for (let index = from; index < to; index++) if (isSettled(index)) settled += 1;
  if (settled === 0) return [item];
  if (settled === to - from) return [];
  const halves = exporter.split?.(item);
  return halves ? halves.flatMap((half) => unsettledParts(half, isSettled, exporter)) : [item];
}
