// Part of the journal in Kafka: the client library @platformatic/kafka, behind what the journal asks of one. Imported only where the
// journal is in Kafka. Its own retries are few: what to do when brokers are away is the journal's to know.
import { readFileSync } from 'node:fs';
import {
  Admin,
  type BaseOptions,
  ConfigResourceTypes,
  findErrorBy,
  ProduceAcks,
  type ProduceResult,
  Producer,
  type SASLMechanismValue,
} from '@platformatic/kafka';
import { type Clock, pause } from '../../model/clock.ts';
import type { Signal } from '../../model/signals.ts';
import { SIGNALS } from '../record.ts';
import {
  type KafkaClient,
  type Member,
  type MemberListener,
  type OutgoingMessage,
  TooLargeError,
  type Topic,
  type Topics,
} from './client.ts';
import type { KafkaConfig } from './config.ts';
import { HEADER_NAME } from './message.ts';
import { GroupMember } from './platformatic-member.ts';

/** As the OpenTelemetry Collector's Kafka exporter and receiver name them. */
const TOPIC_NAMES: Readonly<Record<Signal, string>> = {
  traces: 'otlp_spans',
  logs: 'otlp_logs',
  metrics: 'otlp_metrics',
  segments: 'xray_segments',
};
/** `max.message.bytes` where the brokers do not tell: their default (1 MiB and the head of a batch). */
const DEFAULT_MAX_BYTES = 1_048_588;
/** A broker that does not answer in this time is away: meanwhile the disk takes what comes. */
const CONNECT_TIMEOUT_MS = 2000;
const REQUEST_TIMEOUT_MS = 8000;
const PRODUCE_TIMEOUT_MS = 5000;
/** A new leader is elected in less. */
const PRODUCE_RETRIES = 3;
const PRODUCE_RETRY_DELAY_MS = 250;
const KNOWN_AGAIN_MS = 200;
const KNOWN_AFTER_TRIES = 10;

export class PlatformaticClient implements KafkaClient {
  readonly #config: KafkaConfig;
  readonly #clock: Clock;
  readonly #base: BaseOptions;
  readonly #producer: Producer;
  readonly #admin: Admin;
  readonly #members = new Set<GroupMember>();

  constructor(config: KafkaConfig, clock: Clock) {
    this.#config = config;
    this.#clock = clock;
    this.#base = baseOptions(config);
    this.#admin = new Admin({ ...this.#base, retries: 0 });
    this.#producer = this.#createProducer();
  }

  async topics(): Promise<Topics> {
    const names = SIGNALS.map((signal) => this.#topic(signal));
    const known = await this.#metadata(names).catch(() => undefined);
    // Where nobody may create topics, they are there already or somebody is told.
    const created = known ? undefined : await this.#create(names).catch((error: Error) => error);
    const metadata =
      known ??
      (await this.#metadataSoon(names).catch((error: Error) => {
        throw created ?? error;
      }));
    const bytes = await this.#maxBytes(names);
    const describe = (signal: Signal): Topic => {
      const name = this.#topic(signal);
      const partitions = metadata.topics.get(name)?.partitionsCount ?? 0;
      return { partitions, maxBytes: bytes.get(name) ?? DEFAULT_MAX_BYTES };
    };
    const [traces, logs, metrics, segments] = SIGNALS.map(describe) as [Topic, Topic, Topic, Topic];
    return { traces, logs, metrics, segments };
  }

  async produce(messages: readonly OutgoingMessage[]): Promise<(number | Error)[]> {
    const headerName = Buffer.from(HEADER_NAME);
    const sent = this.#producer.send({
      messages: messages.map(({ signal, partition, key, value, header, timestampMs }) => ({
        topic: this.#topic(signal),
        partition,
        ...(key ? { key } : {}),
        value: Buffer.from(value.buffer, value.byteOffset, value.length),
        headers: new Map([[headerName, Buffer.from(header)]]),
        timestamp: BigInt(timestampMs),
      })),
    });
    const { error, offsets } = await sent.then(
      (result) => ({ error: undefined, offsets: result.offsets ?? [] }),
      (why: ProduceError) => ({ error: asTooLarge(why), offsets: why.produced?.offsets ?? [] }),
    );
    // The answer names the first of each partition; the others follow it in the order of asking.
    const next = new Map(
      offsets.map(({ topic, partition, offset }) => [`${topic}:${partition}`, Number(offset)]),
    );
    return messages.map(({ signal, partition }) => {
      const key = `${this.#topic(signal)}:${partition}`;
      const offset = next.get(key);
      if (offset === undefined || offset < 0) return error ?? new Error(`no offset was told for ${key}`);
      next.set(key, offset + 1);
      return offset;
    });
  }

  join(group: string, listener: MemberListener): Member {
    const topics = new Map(SIGNALS.map((signal) => [signal, this.#topic(signal)] as const));
    const { sessionTimeoutMs } = this.#config;
    const options = { base: this.#base, group, topics, sessionTimeoutMs, clock: this.#clock, listener };
    const member = new GroupMember(options);
    this.#members.add(member);
    return member;
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#members].map((member) => member.leave()));
    await Promise.allSettled([this.#producer.close(true), this.#admin.close()]);
  }

  #topic(signal: Signal): string {
    return this.#config.topicPrefix + TOPIC_NAMES[signal];
  }

  #createProducer(): Producer {
    return new Producer({
      ...this.#base,
      idempotent: true,
      acks: ProduceAcks.ALL,
      compression: this.#config.compression,
      timeout: PRODUCE_TIMEOUT_MS,
      retries: PRODUCE_RETRIES,
      retryDelay: PRODUCE_RETRY_DELAY_MS,
    });
  }

  #metadata(topics: string[]) {
    return this.#admin.metadata({ topics, forceUpdate: true });
  }

  /** A topic that was created is known to all brokers a moment later. */
  async #metadataSoon(names: string[]) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#metadata(names);
      } catch (error) {
        if (tries === KNOWN_AFTER_TRIES) throw error;
        await pause(this.#clock, KNOWN_AGAIN_MS);
      }
    }
  }

  /** With as many partitions and replicas as the brokers give by default. */
  async #create(names: string[]): Promise<void> {
    for (const name of names) {
      try {
        await this.#admin.createTopics({ topics: [name], partitions: -1, replicas: -1 });
      } catch (error) {
        if (!findErrorBy(error as Error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error;
      }
    }
  }

  async #maxBytes(names: readonly string[]): Promise<Map<string, number>> {
    const found = new Map<string, number>();
    const resources = names.map((resourceName) => ({
      resourceType: ConfigResourceTypes.TOPIC,
      resourceName,
      configurationKeys: ['max.message.bytes'],
    }));
    // Not everybody may ask.
    const described = await this.#admin.describeConfigs({ resources }).catch(() => []);
    for (const { resourceName, configs } of described) {
      const bytes = Number(configs.find(({ name }) => name === 'max.message.bytes')?.value);
      if (bytes > 0) found.set(resourceName, bytes);
    }
    return found;
  }
}

/** One broker did not take its part: the library tells what the others took. */
type ProduceError = Error & { produced?: ProduceResult };

function asTooLarge(error: Error): Error {
  const isTooLarge = ['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'].some((id) =>
    findErrorBy(error, 'apiId', id),
  );
  return isTooLarge ? new TooLargeError(error.message) : error;
}

function baseOptions(config: KafkaConfig): BaseOptions {
  const { brokers = [], sasl, username, password, tls, tlsCa } = config;
  return {
    clientId: 'sidecast',
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(tls === 'on' ? { tls: tlsCa ? { ca: readFileSync(tlsCa, 'utf8') } : {}, tlsServerName: true } : {}),
    ...(sasl === 'none' || !username || !password
      ? {}
      : {
          sasl: {
            mechanism: sasl.toUpperCase() as SASLMechanismValue,
            username,
            password: () => password.reveal(),
          },
        }),
  };
}

/** For `open.ts`, which knows no more of the library than this. */
export function createPlatformaticClient(config: KafkaConfig, clock: Clock): KafkaClient {
  return new PlatformaticClient(config, clock);
}
