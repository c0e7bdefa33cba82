// Part of the journal in Kafka: one member of a consumer group, by @platformatic/kafka. Groups by the classic protocol with the
// cooperative assignor: who keeps a partition goes on reading it while others move.
import { type BaseOptions, Consumer, findErrorBy, type GroupAssignment } from '@platformatic/kafka';
import type { Clock } from '../../model/clock.ts';
import type { Signal } from '../../model/signals.ts';
import {
  type Fetched,
  GoneError,
  type IncomingMessage,
  type Member,
  type MemberListener,
  type Place,
  type PlacedOffset,
} from './client.ts';
import { HEADER_NAME } from './message.ts';
import { assignEachTopic } from './platformatic-assign.ts';

type FetchResponse = Awaited<ReturnType<Consumer['fetch']>>;

export interface GroupMemberOptions {
  base: BaseOptions;
  group: string;
  topics: ReadonlyMap<Signal, string>;
  sessionTimeoutMs: number;
  clock: Clock;
  listener: MemberListener;
}

const EARLIEST = -2n;
const LATEST = -1n;
/** The version of the group protocol that tells who owned what in which generation (KIP-792). */
const PROTOCOL_VERSION = 3;
const HEARTBEAT_MS = 3000;
const JOIN_AGAIN_MS = 500;
/** One message may be larger: brokers send it all the same. */
const PARTITION_MAX_BYTES = 512 * 1024;
const IS_CONTROL = 0x20;
/** JoinGroup and SyncGroup wait for the others of the group. */
const SLACK_MS = 5000;

export class GroupMember implements Member {
  readonly #options: GroupMemberOptions;
  readonly #group: Consumer;
  /** Reads by connections of its own: a broker answers one request of a connection after the other, and reading waits. */
  readonly #reader: Consumer;
  #rereader: Consumer | undefined;
  readonly #fetching = new Map<
    number,
    Promise<{ node: number; fetched: Fetched[] } | { node: number; error: Error }>
  >();
  #isJoining = false;
  #isLeaving = false;

  constructor(options: GroupMemberOptions) {
    const { base, group, sessionTimeoutMs, listener } = options;
    this.#options = options;
    this.#reader = this.#createConsumer({});
    this.#group = new Consumer({
      ...base,
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs * 2,
      requestTimeout: sessionTimeoutMs * 2 + SLACK_MS,
      heartbeatInterval: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 3)),
      partitionAssigner: assignEachTopic,
      protocols: [{ name: 'cooperative-sticky', version: PROTOCOL_VERSION }],
      // The one moment before a JoinGroup at which the library waits.
      protocolsMetadata: async () => {
        await this.#beforeJoin();
        return Buffer.alloc(0);
      },
      retries: 0,
    });
    this.#group.topics.trackAll(...options.topics.values());
    this.#group.on('consumer:group:join', ({ assignments }) => listener.assigned(this.#places(assignments)));
    this.#group.on('consumer:heartbeat:error', ({ error }) => listener.failed(error));
    // The library gives up where joining fails: it is begun again here.
    (this.#group as NodeJS.EventEmitter).on('error', (error: Error) => {
      listener.failed(error);
      void this.#join();
    });
    void this.#join();
  }

  async fetch(
    wanted: readonly PlacedOffset[],
    maxBytes: number,
    maxWaitMs: number,
  ): Promise<readonly Fetched[]> {
    const metadata = await this.#reader.metadata({ topics: [...this.#options.topics.values()] });
    const byNode = new Map<number, PlacedOffset[]>();
    for (const place of wanted) {
      const leader =
        metadata.topics.get(this.#topic(place.signal))?.partitions[place.partition]?.leader ?? -1;
      byNode.set(leader, [...(byNode.get(leader) ?? []), place]);
    }
    for (const [node, places] of byNode) {
      if (this.#fetching.has(node)) continue;
      const fetching = this.#fetchFrom(this.#reader, node, places, maxBytes, maxWaitMs).then(
        (fetched) => ({ node, fetched }),
        (error: Error) => ({ node, error }),
      );
      this.#fetching.set(node, fetching);
    }
    const first = await Promise.race(this.#fetching.values());
    this.#fetching.delete(first.node);
    if (!('error' in first)) return first.fetched;
    if (findErrorBy(first.error, 'apiId', 'OFFSET_OUT_OF_RANGE')) throw new GoneError(first.error.message);
    throw first.error;
  }

  async fetchAgain(from: PlacedOffset, maxBytes: number): Promise<readonly IncomingMessage[]> {
    this.#rereader ??= this.#createConsumer({});
    const metadata = await this.#rereader.metadata({ topics: [...this.#options.topics.values()] });
    const leader = metadata.topics.get(this.#topic(from.signal))?.partitions[from.partition]?.leader ?? -1;
    try {
      const [fetched] = await this.#fetchFrom(this.#rereader, leader, [from], maxBytes, 0);
      return fetched?.messages ?? [];
    } catch (error) {
      if (findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE'))
        throw new GoneError((error as Error).message);
      throw error;
    }
  }

  async committed(places: readonly Place[]): Promise<(number | undefined)[]> {
    const topics = this.#byTopic(places).map(([topic, partitions]) => ({ topic, partitions }));
    const found = new Map<string, number>();
    const offsets = await this.#group.listCommittedOffsets({ topics });
    for (const [topic, listed] of offsets)
      for (const [partition, offset] of listed.entries())
        if (offset !== undefined && offset >= 0n) found.set(`${topic}:${partition}`, Number(offset));
    return places.map(({ signal, partition }) => found.get(`${this.#topic(signal)}:${partition}`));
  }

  beginnings(places: readonly Place[]): Promise<number[]> {
    return this.#listOffsets(places, EARLIEST);
  }

  ends(places: readonly Place[]): Promise<number[]> {
    return this.#listOffsets(places, LATEST);
  }

  async commit(offsets: readonly PlacedOffset[]): Promise<void> {
    await this.#group.commit({
      offsets: offsets.map(({ signal, partition, offset }) => ({
        topic: this.#topic(signal),
        partition,
        offset: BigInt(offset),
        leaderEpoch: -1,
      })),
    });
  }

  async leave(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    await Promise.allSettled([
      this.#group.close(true),
      this.#reader.close(true),
      ...(this.#rereader ? [this.#rereader.close(true)] : []),
    ]);
  }

  #createConsumer(more: { requestTimeout?: number }): Consumer {
    const { base, group, topics } = this.#options;
    const consumer = new Consumer({ ...base, ...more, groupId: group, retries: 0 });
    consumer.topics.trackAll(...topics.values());
    return consumer;
  }

  async #listOffsets(places: readonly Place[], timestamp: bigint): Promise<number[]> {
    const byTopic = this.#byTopic(places);
    const offsets = await this.#reader.listOffsets({
      topics: byTopic.map(([topic]) => topic),
      partitions: Object.fromEntries(byTopic),
      timestamp,
    });
    return places.map(({ signal, partition }) => {
      const offset = offsets.get(this.#topic(signal))?.[partition];
      if (offset === undefined) throw new Error(`no offset was told for ${signal} ${partition}`);
      return Number(offset);
    });
  }

  async #join(): Promise<void> {
    if (this.#isJoining || this.#isLeaving) return;
    this.#isJoining = true;
    while (!this.#isLeaving) {
      try {
        await this.#group.joinGroup({});
        break;
      } catch (error) {
        this.#options.listener.failed(error as Error);
        await new Promise<void>((resolve) => this.#options.clock.schedule(JOIN_AGAIN_MS, resolve));
      }
    }
    this.#isJoining = false;
  }

  async #beforeJoin(): Promise<void> {
    const kept = this.#places(this.#group.assignments ?? []);
    await this.#options.listener.keepOnly(kept, this.#group.memberId !== null);
  }

  async #fetchFrom(
    consumer: Consumer,
    node: number,
    places: readonly PlacedOffset[],
    maxBytes: number,
    maxWaitTime: number,
  ): Promise<Fetched[]> {
    const { topics } = this.#options;
    const metadata = await consumer.metadata({ topics: [...topics.values()] });
    const response = await consumer.fetch({
      node,
      maxBytes,
      maxWaitTime,
      minBytes: 1,
      topics: [...topics].flatMap(([signal, topic]) => {
        const partitions = places
          .filter((place) => place.signal === signal)
          .map(({ partition, offset }) => ({
            partition,
            fetchOffset: BigInt(offset),
            partitionMaxBytes: PARTITION_MAX_BYTES,
            currentLeaderEpoch: -1,
            lastFetchedEpoch: -1,
          }));
        return partitions.length > 0 ? [{ topicId: metadata.topics.get(topic)?.id ?? '', partitions }] : [];
      }),
    });
    const signals = new Map([...topics].map(([signal, topic]) => [metadata.topics.get(topic)?.id, signal]));
    return readResponse(response, signals, places);
  }

  #topic(signal: Signal): string {
    return this.#options.topics.get(signal) ?? '';
  }

  #byTopic(places: readonly Place[]): [string, number[]][] {
    const found = new Map<string, number[]>();
    for (const { signal, partition } of places) {
      const topic = this.#topic(signal);
      found.set(topic, [...(found.get(topic) ?? []), partition]);
    }
    return [...found];
  }

  #places(assignments: readonly GroupAssignment[] | undefined): Place[] {
    const signals = new Map([...this.#options.topics].map(([signal, topic]) => [topic, signal]));
    return (assignments ?? []).flatMap(({ topic, partitions }) => {
      const signal = signals.get(topic);
      return signal ? partitions.map((partition) => ({ signal, partition })) : [];
    });
  }
}

function readResponse(
  { responses }: FetchResponse,
  signals: ReadonlyMap<string | undefined, Signal>,
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
