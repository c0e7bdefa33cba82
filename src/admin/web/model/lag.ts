// Part of the page: how far a destination is behind in Kafka, of the partitions that this process reads.
import type { DestinationId, Signal } from '../../../model/signals.ts';
import type { Pipeline } from '../../api/shapes.ts';

export interface Lag {
  group: string;
  /** Messages that are not settled. */
  messages: number;
  /** Why it cannot be read. */
  error: string | null;
  /** Most behind first. */
  partitions: readonly { signal: Signal; partition: number; lag: number }[];
}

/** Undefined where the journal is not in Kafka, or the destination is not read here. */
export function lagOf(now: Pick<Pipeline, 'status'>, id: DestinationId): Lag | undefined {
  const found = now.status.journal.kafka?.groups.find(({ destination }) => destination === id);
  if (!found) return undefined;
  const { group, error, partitions } = found;
  return {
    group,
    error,
    messages: partitions.reduce((sum, { lag }) => sum + lag, 0),
    partitions: partitions.toSorted((a, b) => b.lag - a.lag),
  };
}
