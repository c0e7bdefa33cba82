// Part of the journal in Kafka: one member of a consumer group, by @platformatic/kafka. Groups by the classic protocol with the
// cooperative assignor: who keeps a partition goes on reading it while others move.
import { type BaseOptions, type ClusterMetadata, Consumer, type GroupAssignment } from '@platformatic/kafka';
import { type Clock, pause } from '../../model/clock.ts';
import { groupBy } from '../../model/group-by.ts';
import type { Signal } from '../../model/signals.ts';
import type { Fetched, IncomingMessage, Member, MemberListener, Place, PlacedOffset } from './client.ts';
import { assignEachTopic } from './platformatic-assign.ts';
import { type FetchLimits, fetchFrom } from './platformatic-fetch.ts';

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
    this.#reader = this.#createConsumer();
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
    const metadata = await this.#metadata(this.#reader);
    const byNode = groupBy(wanted, (place) => this.#leader(metadata, place));
    // All answers may be here before the first of them is taken: together they are to be no more than one broker's.
    const limits = { maxBytes: Math.ceil(maxBytes / byNode.size), maxWaitTime: maxWaitMs };
    for (const [node, places] of byNode) {
      if (this.#fetching.has(node)) continue;
      const fetching = this.#fetchFrom(this.#reader, metadata, node, places, limits).then(
        (fetched) => ({ node, fetched }),
        (error: Error) => ({ node, error }),
      );
      this.#fetching.set(node, fetching);
    }
    const first = await Promise.race(this.#fetching.values());
    this.#fetching.delete(first.node);
    if ('error' in first) throw first.error;
    return first.fetched;
  }

  async fetchAgain(from: PlacedOffset, maxBytes: number): Promise<readonly IncomingMessage[]> {
    this.#rereader ??= this.#createConsumer();
    const metadata = await this.#metadata(this.#rereader);
    const limits = { maxBytes, maxWaitTime: 0 };
    const leader = this.#leader(metadata, from);
    const [fetched] = await this.#fetchFrom(this.#rereader, metadata, leader, [from], limits);
    return fetched?.messages ?? [];
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

  #createConsumer(): Consumer {
    const { base, group, topics } = this.#options;
    const consumer = new Consumer({ ...base, groupId: group, retries: 0 });
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
        await pause(this.#options.clock, JOIN_AGAIN_MS);
      }
    }
    this.#isJoining = false;
  }

  async #beforeJoin(): Promise<void> {
    const kept = this.#places(this.#group.assignments ?? []);
    await this.#options.listener.keepOnly(kept, this.#group.memberId !== null);
  }

  #metadata(consumer: Consumer): Promise<ClusterMetadata> {
    return consumer.metadata({ topics: [...this.#options.topics.values()] });
  }

  #leader({ topics }: ClusterMetadata, { signal, partition }: Place): number {
    return topics.get(this.#topic(signal))?.partitions[partition]?.leader ?? -1;
  }

  async #fetchFrom(
    consumer: Consumer,
    metadata: ClusterMetadata,
    node: number,
    places: readonly PlacedOffset[],
    limits: FetchLimits,
  ): Promise<Fetched[]> {
    const ids = [...this.#options.topics].map(
      ([signal, topic]) => [signal, metadata.topics.get(topic)?.id ?? ''] as const,
    );
    return fetchFrom(consumer, node, new Map(ids), places, limits);
  }

  #topic(signal: Signal): string {
    return this.#options.topics.get(signal) ?? '';
  }

  #byTopic(places: readonly Place[]): [string, number[]][] {
    const found = groupBy(places, ({ signal }) => this.#topic(signal));
    return Array.from(found, ([topic, some]) => [topic, some.map(({ partition }) => partition)]);
  }

  #places(assignments: readonly GroupAssignment[] | undefined): Place[] {
    const signals = new Map([...this.#options.topics].map(([signal, topic]) => [topic, signal]));
    return (assignments ?? []).flatMap(({ topic, partitions }) => {
      const signal = signals.get(topic);
      return signal ? partitions.map((partition) => ({ signal, partition })) : [];
    });
  }
}
