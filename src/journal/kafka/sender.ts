// Part of the journal in Kafka: what is written together. One request is on the way at a time; what comes meanwhile is the next.
import type { Clock } from '../../model/clock.ts';
import type { Accepted, Position, Signal } from '../../model/signals.ts';
import { type KafkaClient, type OutgoingMessage, TooLargeError, type Topic } from './client.ts';
import { cutTo, messageBytes } from './cut.ts';
import { headerOf } from './message.ts';
import { MAX_PARTITIONS, positionOf, slotOf } from './position.ts';

export interface SenderOptions {
  client: Pick<KafkaClient, 'topics' | 'produce'>;
  clock: Clock;
}

/** A record, or a piece of one: with its position, or with why it is not written. */
export interface Sent {
  part: Accepted;
  position: Position | undefined;
  error: Error | undefined;
}

interface Waiting {
  part: Accepted;
  header: string;
  bytes: number;
  resolve(position: Position): void;
  reject(error: Error): void;
}

/** Company is waited for so long. */
const LINGER_MS = 2;
/** One request carries at most this much, so that nobody waits long for a large one. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;
/** Partitions are added, and limits raised, while we run. */
const TOPICS_AGE_MS = 60_000;

/** A single item that no message of the topic can hold. */
export class ItemTooLargeError extends Error {
  override readonly name = 'ItemTooLargeError';
}

export class Sender {
  readonly #options: SenderOptions;
  #topics: { known: Readonly<Record<Signal, Topic>>; atMs: number } | undefined;
  #asking: Promise<Readonly<Record<Signal, Topic>>> | undefined;
  /** Found out by trying. */
  readonly #limits = new Map<Signal, number>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;
  /** Which partition the next group begins with. */
  #turn = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Not written yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  async idle(): Promise<void> {
    await this.#writing;
  }

  /** What is known of the topics may be old: it is asked for again. */
  forgetTopics(): void {
    this.#topics = undefined;
  }

  /** The topics are there, and known, when this resolves. */
  async prepare(): Promise<void> {
    await this.#known();
  }

  /** In pieces where it has to be. Rejects where nothing is written. */
  async send(accepted: Accepted): Promise<readonly Sent[]> {
    const topics = await this.#known();
    const { maxBytes } = topics[accepted.signal];
    const parts = cutTo(accepted, maxBytes);
    const sent = await Promise.allSettled(parts.map((part) => this.#enqueue(part, maxBytes)));
    return sent.map((one, index) => ({
      part: parts[index] as Accepted,
      position: one.status === 'fulfilled' ? one.value : undefined,
      error: one.status === 'rejected' ? (one.reason as Error) : undefined,
    }));
  }

  #enqueue(part: Accepted, maxBytes: number): Promise<Position> {
    const header = headerOf(part);
    const bytes = messageBytes(part, header);
    if (bytes > maxBytes) {
      const why = `one item takes ${bytes} bytes, and the topic's max.message.bytes is ${maxBytes}`;
      return Promise.reject(new ItemTooLargeError(why));
    }
    this.#waitingBytes += bytes;
    const position = new Promise<Position>((resolve, reject) =>
      this.#waiting.push({ part, header, bytes, resolve, reject }),
    );
    this.#writing ??= this.#writeAll();
    return position;
  }

  async #known(): Promise<Readonly<Record<Signal, Topic>>> {
    const { clock } = this.#options;
    if (this.#topics && clock.now() - this.#topics.atMs <= TOPICS_AGE_MS) return this.#topics.known;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Readonly<Record<Signal, Topic>>> {
    const { client, clock } = this.#options;
    const known = await client.topics();
    for (const [signal, { partitions }] of Object.entries(known))
      if (partitions < 1 || partitions > MAX_PARTITIONS)
        throw new Error(
          `the topic of ${signal} has ${partitions} partitions: 1 to ${MAX_PARTITIONS} can be used`,
        );
    const limited = Object.entries(known).map(([signal, topic]) => {
      const maxBytes = Math.min(topic.maxBytes, this.#limits.get(signal as Signal) ?? topic.maxBytes);
      return [signal, { ...topic, maxBytes }] as const;
    });
    this.#topics = { known: Object.fromEntries(limited) as Record<Signal, Topic>, atMs: clock.now() };
    return this.#topics.known;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise<void>((resolve) => this.#options.clock.schedule(LINGER_MS, resolve));
      await this.#writeGroup();
    }
    this.#writing = undefined;
  }

  async #writeGroup(): Promise<void> {
    const topics = this.#topics?.known;
    const taken = topics ? this.#takeGroup(topics) : [];
    const group = taken.map(({ waiting }) => waiting);
    try {
      if (!topics) throw new Error('the topics are not known');
      const messages = taken.map(({ waiting: { part, header }, partition }): OutgoingMessage => {
        const { signal, payload, receivedAtMs } = part;
        return { signal, partition, value: payload, header, timestampMs: receivedAtMs };
      });
      const offsets = await this.#options.client.produce(messages);
      for (const [index, { resolve, part }] of group.entries()) {
        const place = { signal: part.signal, partition: taken[index]?.partition ?? 0 };
        resolve(positionOf(slotOf(place), offsets[index] ?? 0));
      }
    } catch (error) {
      const failed = topics ? group : this.#waiting.splice(0);
      for (const { reject } of failed) reject(error as Error);
      if (topics && error instanceof TooLargeError) this.#lowerLimits(group, topics);
      this.forgetTopics();
    } finally {
      this.#waitingBytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    }
  }

  /** The brokers took less than they said, or did not say. */
  #lowerLimits(group: readonly Waiting[], topics: Readonly<Record<Signal, Topic>>): void {
    for (const signal of new Set(group.map(({ part }) => part.signal)))
      this.#limits.set(signal, Math.ceil(topics[signal].maxBytes / 2));
  }

  /** In order. A partition's messages of one request are one batch, which the limit of the topic is for: it is filled, then the next. */
  #takeGroup(topics: Readonly<Record<Signal, Topic>>): { waiting: Waiting; partition: number }[] {
    const taken: { waiting: Waiting; partition: number }[] = [];
    const filling = new Map<Signal, { used: number; bytes: number }>();
    let bytes = 0;
    for (const waiting of this.#waiting) {
      const { signal } = waiting.part;
      const { partitions, maxBytes } = topics[signal];
      const fill = filling.get(signal) ?? { used: 0, bytes: 0 };
      if (fill.bytes + waiting.bytes > maxBytes) Object.assign(fill, { used: fill.used + 1, bytes: 0 });
      bytes += waiting.bytes;
      const isFull = fill.used >= partitions || bytes > MAX_GROUP_BYTES;
      if (isFull && taken.length > 0) break;
      fill.bytes += waiting.bytes;
      filling.set(signal, fill);
      taken.push({ waiting, partition: (this.#turn + fill.used) % partitions });
    }
    this.#waiting.splice(0, taken.length);
    this.#turn += 1;
    return taken;
  }
}
