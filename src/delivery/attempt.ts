// Part of delivery: a request and its answer, as whoever follows single items is told of them.
import type { Attempt } from '../ledger/ledger.ts';
import { type Batch, weightOf } from './batcher.ts';
import type { ExportResult } from './exporter.ts';
import type { DeliveryOptions } from './loop.ts';

export function attemptOf<T>(
  { destination }: Pick<DeliveryOptions<T>, 'destination'>,
  { entries }: Batch<T>,
  result: ExportResult,
): Attempt {
  const isDelivered = result.status === 'delivered';
  const refused = isDelivered ? result.refused : [];
  return {
    destination,
    result: result.status,
    reason: isDelivered ? undefined : result.reason,
    answer: isDelivered ? result.anonymous?.message : wordsOf(result.vendor),
    items: weightOf(entries),
    bytes: entries.reduce((sum, { item }) => sum + item.bytes, 0),
    sources: entries.map(({ item }) => item.sources),
    refused: refused.map(({ index, reason, vendor }) => ({ index, reason, answer: wordsOf(vendor) })),
  };
}

const wordsOf = (vendor: { status: number; body: string } | null | undefined) =>
  vendor ? `${vendor.status} ${vendor.body}`.trim() : undefined;
