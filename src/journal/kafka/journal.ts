// Part of the journal in Kafka: the journal itself. What is appended is in Kafka, or in the outbox while the brokers are away; what
// destinations read is what their consumer groups are given.
import { type BufferPool, noPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import { FIXES } from '../../model/fixes.ts';
import type { ItemSet } from '../../model/item-set.ts';
import type { Reason } from '../../model/reasons.ts';
import type { Accepted, DestinationId, Position } from '../../model/signals.ts';
import {
  type Backlog,
  type FsyncPolicy,
  type Journal,
  JournalError,
  type JournalHealth,
  type JournalReader,
  type KafkaStatus,
} from '../journal.ts';
import type { KafkaClient } from './client.ts';
import { Group } from './group.ts';
import type { GroupEvents } from './group-events.ts';
import { OUTBOX_READER, Outbox } from './outbox.ts';
import { ItemTooLargeError, Sender } from './sender.ts';
import { whyOf } from './why.ts';

export interface KafkaJournalOptions {
  client: KafkaClient;
  /** Opened with `OUTBOX_READER` as its one destination. */
  outbox: Journal;
  dir: string | null;
  brokers: readonly string[];
  /** Before the destination in the name of its consumer group. */
  group: string;
  sessionTimeoutMs: number;
  keepsTraces: boolean;
  maxAgeMs: number;
  clock: Clock;
  pool?: BufferPool;
  /** Told of all that is written: objects are made in proportion to it. */
  keepMemory(writtenBytes: number): void;
  events: Omit<GroupEvents, 'arrived'> & {
    /** Once per change. */
    brokersChanged(areWell: boolean, why: string | undefined): void;
    /** No message can hold it: every destination gives it up. */
    tooLarge(part: Accepted): void;
  };
}

/** In the outbox: below all that a reader can see. */
const outboxPosition = (position: Position): Position => -1 - position;
/** Of the session, so that a partition changes hands before anybody is thought dead. */
const HAND_OVER_SHARE = 3;

export class KafkaJournal implements Journal {
  readonly isShared = true;
  readonly dir: string | null;
  readonly #options: KafkaJournalOptions;
  readonly #pool: BufferPool;
  readonly #sender: Sender;
  readonly #outbox: Outbox;
  readonly #groups = new Map<DestinationId, Group>();
  readonly #listeners = new Set<() => void>();
  /** Why the brokers do not take data, and since when. */
  #trouble: { why: string; sinceMs: number } | undefined;
  #isOpen = false;
  #appending = 0;
  #idle: () => void = () => undefined;

  constructor(options: KafkaJournalOptions) {
    const { client, outbox, clock, events, keepsTraces, keepMemory, pool = noPool } = options;
    this.dir = options.dir;
    this.#options = options;
    this.#pool = pool;
    this.#sender = new Sender({ client, clock, keepsTraces });
    this.#outbox = new Outbox({
      journal: outbox,
      sender: this.#sender,
      clock,
      keepMemory,
      tried: (error) => this.#tried(error),
      tooLarge: (part) => events.tooLarge(part),
    });
  }

  get mode(): Journal['mode'] {
    return this.#trouble ? this.#options.outbox.mode : 'kafka';
  }

  get bytes(): number {
    return this.#options.outbox.bytes;
  }

  get maxBytes(): number {
    return this.#options.outbox.maxBytes;
  }

  get fsync(): FsyncPolicy | null {
    return this.#options.outbox.fsync;
  }

  async start(): Promise<void> {
    await this.#options.outbox.start();
    this.#outbox.start();
    // The topics are there before the first group asks for them; what goes wrong is said when something is to be written.
    void this.#sender.prepare().catch(() => undefined);
    this.#isOpen = true;
  }

  async append(
    accepted: Accepted,
    written: (position: Position) => void = () => undefined,
  ): Promise<Position> {
    if (!this.#isOpen) throw new JournalError('journal_unavailable', 'the journal is not open');
    this.#appending += 1;
    this.#options.keepMemory(accepted.payload.length);
    try {
      return this.#trouble ? await this.#put(accepted, written) : await this.#send(accepted, written);
    } finally {
      this.#appending -= 1;
      if (this.#appending === 0) this.#idle();
    }
  }

  hasRoom(bytes: number): boolean {
    return this.#options.outbox.hasRoom(this.#sender.waitingBytes + bytes);
  }

  reader(destination: DestinationId): JournalReader {
    const { client, group, clock, maxAgeMs, sessionTimeoutMs, events } = this.#options;
    const reader = new Group({
      destination,
      name: `${group}-${destination}`,
      client,
      clock,
      maxAgeMs,
      handOverMs: sessionTimeoutMs / HAND_OVER_SHARE,
      events: {
        prepare: events.prepare,
        opened: events.opened,
        refused: events.refused,
        dropped: events.dropped,
        deleted: events.deleted,
        handedOver: events.handedOver,
        arrived: () => this.#tell(),
      },
    });
    this.#groups.set(destination, reader);
    return reader;
  }

  settle(destination: DestinationId, position: Position, items: 'whole' | ItemSet): void {
    this.#groups.get(destination)?.settle(position, items);
  }

  backlog(destination: DestinationId): Backlog {
    return this.#groups.get(destination)?.backlog() ?? { bytes: 0, oldestReceivedAtMs: undefined };
  }

  health(): JournalHealth {
    const health = this.#options.outbox.health();
    if (health.reason || !this.#trouble) return health;
    return { ...health, reason: this.#reason(this.#trouble.why), sinceMs: this.#trouble.sinceMs };
  }

  kafka(): KafkaStatus {
    const { brokers, group, outbox } = this.#options;
    const groups = [...this.#groups].map(([destination, one]) => ({
      destination,
      group: `${group}-${destination}`,
      error: one.trouble ? whyOf(one.trouble) : null,
      partitions: one.lags(),
    }));
    return { brokers, outboxBytes: outbox.backlog(OUTBOX_READER).bytes, groups };
  }

  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Who waits for an answer gets it; what is settled is committed, and other deliverers have the partitions. */
  async shutdown(deadline: AbortSignal): Promise<void> {
    this.#isOpen = false;
    const isOver = new Promise<void>((resolve) => {
      if (deadline.aborted) resolve();
      else deadline.addEventListener('abort', () => resolve(), { once: true });
    });
    const ended = this.#end();
    await Promise.race([ended, isOver]);
    // Its lock and its last settlements: also where brokers do not answer.
    await this.#options.outbox.shutdown(deadline);
    await Promise.race([this.#options.client.close().catch(() => undefined), isOver]);
  }

  async #end(): Promise<void> {
    if (this.#appending > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    await Promise.all([this.#outbox.stop(), ...[...this.#groups.values()].map((group) => group.stop())]);
    await this.#sender.idle();
  }

  async #send(accepted: Accepted, written: (position: Position) => void): Promise<Position> {
    const sent = await this.#sender.send(accepted).catch((error: Error) => {
      this.#tried(error);
      return undefined;
    });
    if (!sent) return this.#put(accepted, written);
    const tooLarge = sent.find(({ error }) => error instanceof ItemTooLargeError)?.error;
    if (tooLarge) throw new JournalError('journal_unavailable', tooLarge.message);
    let first = sent[0]?.position;
    for (const { part, error } of sent) {
      if (!error) continue;
      this.#tried(error);
      // A copy: the request that failed may still have its bytes, which are not used again.
      const position = await this.#options.outbox.append({ ...part, payload: Buffer.from(part.payload) });
      first ??= outboxPosition(position);
    }
    if (first === undefined) throw new Error('nothing was written');
    written(first);
    if (sent.every(({ error }) => !error)) this.#pool.give(accepted.payload);
    this.#tell();
    return first;
  }

  async #put(accepted: Accepted, written: (position: Position) => void): Promise<Position> {
    const position = await this.#options.outbox.append(accepted, (at) => written(outboxPosition(at)));
    this.#tell();
    return outboxPosition(position);
  }

  #tried(error: Error | undefined): void {
    const wasWell = this.#trouble === undefined;
    this.#trouble = error && {
      why: whyOf(error),
      sinceMs: this.#trouble?.sinceMs ?? this.#options.clock.now(),
    };
    if (wasWell !== (error === undefined)) this.#options.events.brokersChanged(!error, this.#trouble?.why);
  }

  #reason(why: string): Reason {
    return {
      code: 'brokers_away',
      message: `new data is kept on this host until Kafka takes it: ${why}`,
      fix: FIXES.brokers_away,
    };
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
