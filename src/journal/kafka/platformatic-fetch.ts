// Part of the journal in Kafka: one request for messages, and what they are in the answer, by @platformatic/kafka.
import { type Consumer, findErrorBy } from '@platformatic/kafka';
import { groupBy } from '../../model/group-by.ts';
import type { Signal } from '../../model/signals.ts';
import { type Fetched, GoneError, type IncomingMessage, type PlacedOffset } from './client.ts';
import { HEADER_NAME } from './message.ts';

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

export interface FetchLimits {
  maxBytes: number;
  maxWaitTime: number;
}

/** One message may be larger: brokers send it all the same. */
const PARTITION_MAX_BYTES = 512 * 1024;
const IS_CONTROL = 0x20;

/** Of one broker. Throws GoneError. */
export async function fetchFrom(
  consumer: Consumer,
  node: number,
  topicIds: ReadonlyMap<Signal, string>,
  places: readonly PlacedOffset[],
  limits: FetchLimits,
): Promise<Fetched[]> {
  const byTopic = groupBy(places, ({ signal }) => topicIds.get(signal) ?? '');
  const topics = Array.from(byTopic, ([topicId, some]) => ({
    topicId,
    partitions: some.map(partitionAsked),
  }));
  const response = await consumer.fetch({ node, ...limits, minBytes: 1, topics }).catch((error: Error) => {
    throw findErrorBy(error, 'apiId', 'OFFSET_OUT_OF_RANGE') ? new GoneError(error.message) : error;
  });
  return readResponse(response, new Map([...topicIds].map(([signal, id]) => [id, signal])), places);
}

function partitionAsked({ partition, offset }: PlacedOffset) {
  return {
    partition,
    fetchOffset: BigInt(offset),
    partitionMaxBytes: PARTITION_MAX_BYTES,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
}

function readResponse(
  { responses }: FetchResponse,
  signals: ReadonlyMap<string, Signal>,
  asked: readonly PlacedOffset[],
): Fetched[] {
  const found: Fetched[] = [];
  for (const { topicId, partitions } of responses) {
    const signal = signals.get(topicId);
    for (const { partitionIndex, highWatermark, records } of partitions) {
      const place = asked.find((one) => one.signal === signal && one.partition === partitionIndex);
      if (!place) continue;
      const messages: IncomingMessage[] = [];
      let next = place.offset;
      for (const batch of records ?? []) {
        const first = Number(batch.firstOffset);
        next = Math.max(next, first + batch.lastOffsetDelta + 1);
        if (batch.attributes & IS_CONTROL) continue;
        for (const record of batch.records) {
          const offset = first + record.offsetDelta;
          // A batch comes whole, also where only its end was asked for.
          if (offset < place.offset) continue;
          messages.push({
            offset,
            timestampMs: Number(batch.firstTimestamp + record.timestampDelta),
            value: record.value ?? Buffer.alloc(0),
            header: record.headers.find(([name]) => name?.toString('utf8') === HEADER_NAME)?.[1] ?? undefined,
          });
        }
      }
      const { signal: of, partition, offset: from } = place;
      found.push({ signal: of, partition, from, messages, next, end: Number(highWatermark) });
    }
  }
  return found;
}
