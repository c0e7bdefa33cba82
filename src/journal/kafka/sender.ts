// Part of the journal in Kafka: what is written together. One request is on the way at a time; what comes meanwhile is the next.
import { type Clock, pause } from '../../model/clock.ts';
import type { Accepted, Position, Signal } from '../../model/signals.ts';
import { type KafkaClient, type OutgoingMessage, TooLargeError, type Topic, type Topics } from './client.ts';
import { cutTo, messageBytes } from './cut.ts';
import { Filling } from './filling.ts';
import { headerOf } from './message.ts';
import { MAX_PARTITIONS, positionOf, slotOf } from './position.ts';
import { type Spread, spreadTraces } from './traces.ts';

export interface SenderOptions {
  client: Pick<KafkaClient, 'topics' | 'produce'>;
  clock: Clock;
  /** A trace stays in one partition; otherwise requests go where there is room, whole. */
  keepsTraces: boolean;
}

/** A record, or a piece of one: with its position, or with why it is not written. */
export interface Sent {
  part: Accepted;
  position: Position | undefined;
  error: Error | undefined;
}

interface Waiting extends Spread {
  header: string;
  bytes: number;
  resolve(position: Position): void;
  reject(error: Error): void;
}

interface Placed {
  waiting: Waiting;
  partition: number;
}

/** Company is waited for so long. */
const LINGER_MS = 2;
/** Partitions are added, and limits raised, while we run. */
const TOPICS_AGE_MS = 60_000;

/** A single item that no message of the topic can hold. */
export class ItemTooLargeError extends Error {
  override readonly name = 'ItemTooLargeError';
}

export class Sender {
  readonly #options: SenderOptions;
  #topics: { known: Topics; atMs: number } | undefined;
  #asking: Promise<Topics> | undefined;
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
    const { maxBytes, partitions } = topics[accepted.signal];
    const pieces = this.#spread(accepted, partitions).flatMap(({ part, ...where }) =>
      cutTo(part, maxBytes).map((piece) => ({ part: piece, ...where })),
    );
    const sent = await Promise.allSettled(pieces.map((piece) => this.#enqueue(piece, maxBytes)));
    return sent.map((one, index) => ({
      part: pieces[index]?.part as Accepted,
      position: one.status === 'fulfilled' ? one.value : undefined,
      error: one.status === 'rejected' ? (one.reason as Error) : undefined,
    }));
  }

  #spread(accepted: Accepted, partitions: number): readonly Spread[] {
    if (this.#options.keepsTraces) return spreadTraces(accepted, partitions);
    return [{ part: accepted, key: undefined, partition: undefined }];
  }

  #enqueue(piece: Spread, maxBytes: number): Promise<Position> {
    const { part } = piece;
    const header = headerOf(part);
    const bytes = messageBytes(part, header);
    if (bytes > maxBytes) {
      const why = `one item takes ${bytes} bytes, and the topic's max.message.bytes is ${maxBytes}`;
      return Promise.reject(new ItemTooLargeError(why));
    }
    this.#waitingBytes += bytes;
    const position = new Promise<Position>((resolve, reject) =>
      this.#waiting.push({ ...piece, header, bytes, resolve, reject }),
    );
    this.#writing ??= this.#writeAll();
    return position;
  }

  async #known(): Promise<Topics> {
    const { clock } = this.#options;
    if (this.#topics && clock.now() - this.#topics.atMs <= TOPICS_AGE_MS) return this.#topics.known;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Topics> {
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
      await pause(this.#options.clock, LINGER_MS);
      await this.#writeGroup();
    }
    this.#writing = undefined;
  }

  async #writeGroup(): Promise<void> {
    const topics = this.#topics?.known;
    if (!topics) {
      this.#settle(this.#waiting.splice(0), () => new Error('the topics are not known'));
      return;
    }
    const taken = this.#takeGroup(topics);
    const messages = taken.map(({ waiting: { part, header, key }, partition }): OutgoingMessage => {
      const { signal, payload, receivedAtMs } = part;
      return { signal, partition, key, value: payload, header, timestampMs: receivedAtMs };
    });
    const results = await this.#options.client
      .produce(messages)
      .catch((error: Error) => messages.map(() => error));
    const failed = taken.filter((_, index) => typeof results[index] !== 'number');
    if (failed.length > 0) this.forgetTopics();
    if (results.some((result) => result instanceof TooLargeError)) this.#lowerLimits(failed, topics);
    this.#settle(
      taken.map(({ waiting }) => waiting),
      ({ part: { signal } }, index) => {
        const result = results[index];
        const slot = slotOf({ signal, partition: taken[index]?.partition ?? 0 });
        return typeof result === 'number' ? positionOf(slot, result) : (result ?? new Error('not written'));
      },
    );
  }

  #settle(group: readonly Waiting[], resultOf: (waiting: Waiting, index: number) => Position | Error): void {
    this.#waitingBytes = this.#waiting.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const [index, waiting] of group.entries()) {
      const result = resultOf(waiting, index);
      if (typeof result === 'number') waiting.resolve(result);
      else waiting.reject(result);
    }
  }

  /** The brokers took less than they said, or did not say. */
  #lowerLimits(group: readonly Placed[], topics: Topics): void {
    for (const signal of new Set(group.map(({ waiting }) => waiting.part.signal)))
      this.#limits.set(signal, Math.ceil(topics[signal].maxBytes / 2));
  }

  /** In order, until the next one does not fit. A partition's messages of one request are one batch, which the limit of the topic is for. */
  #takeGroup(topics: Topics): readonly Placed[] {
    const filling = new Filling(topics, this.#turn);
    const taken: Placed[] = [];
    for (const waiting of this.#waiting) {
      const partition = filling.place(waiting);
      if (partition === undefined) break;
      taken.push({ waiting, partition });
    }
    this.#waiting.splice(0, taken.length);
    this.#turn += 1;
    return taken;
  }
}
