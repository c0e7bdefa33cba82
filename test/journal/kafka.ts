// Part of the tests: brokers that are a few arrays, and do what they are told.
import {
  type Fetched,
  GoneError,
  type IncomingMessage,
  type KafkaClient,
  type MemberListener,
  type OutgoingMessage,
  type Place,
  type PlacedOffset,
  TooLargeError,
  type Topic,
} from '../../src/journal/kafka/client.ts';
import { slotOf } from '../../src/journal/kafka/position.ts';
import { SIGNALS } from '../../src/journal/record.ts';
import type { Signal } from '../../src/model/signals.ts';

const MAX_WAIT_MS = 20;

interface Log {
  beginning: number;
  messages: IncomingMessage[];
}

export class FakeBrokers {
  readonly #logs = new Map<number, Log>();
  readonly #committed = new Map<string, number>();
  readonly #waiting = new Set<() => void>();
  readonly members: { group: string; listener: MemberListener }[] = [];
  readonly produced: OutgoingMessage[][] = [];
  maxBytes = 10_000;
  /** What they take, whatever they say. */
  takenBytes = 1_000_000;
  partitions = 2;
  /** What every request is answered with. */
  down: Error | undefined;

  committed(group: string, place: Place): number | undefined {
    return this.#committed.get(`${group} ${slotOf(place)}`);
  }

  /** Without a header: another program's. */
  write(place: Place, value: Buffer, header?: string): void {
    const { messages, beginning } = this.#log(place);
    const offset = beginning + messages.length;
    messages.push({
      offset,
      timestampMs: 1_800_000_000_000,
      value,
      header: header ? Buffer.from(header) : undefined,
    });
    for (const wake of this.#waiting) wake();
  }

  /** The topic was deleted, and made anew. */
  makeAnew(place: Place): void {
    this.#logs.delete(slotOf(place));
    for (const { group } of this.members) this.#committed.delete(`${group} ${slotOf(place)}`);
  }

  /** Retention. */
  deleteBefore(place: Place, offset: number): void {
    const log = this.#log(place);
    log.messages.splice(0, offset - log.beginning);
    log.beginning = offset;
  }

  client(): KafkaClient {
    const topic = (): Topic => ({ partitions: this.partitions, maxBytes: this.maxBytes });
    return {
      topics: async () => {
        this.#check();
        return Object.fromEntries(SIGNALS.map((signal) => [signal, topic()])) as Record<Signal, Topic>;
      },
      produce: async (messages) => {
        this.#check();
        if (messages.some(({ value }) => value.length > this.takenBytes))
          throw new TooLargeError('too large');
        this.produced.push([...messages]);
        return messages.map((message) => {
          const offset = this.#log(message).messages.length;
          this.write(message, Buffer.from(message.value), message.header);
          return offset;
        });
      },
      join: (group, listener) => {
        this.members.push({ group, listener });
        return {
          fetch: (wanted) => this.#fetch(wanted),
          fetchAgain: async (from) => this.#read(from).messages,
          committed: async (places) => places.map((place) => this.committed(group, place)),
          ends: async (places) =>
            places.map((place) => this.#read({ ...place, offset: this.#log(place).beginning }).end),
          beginnings: async (places) => places.map((place) => this.#log(place).beginning),
          commit: async (offsets) => {
            this.#check();
            for (const place of offsets) this.#committed.set(`${group} ${slotOf(place)}`, place.offset);
          },
          leave: async () => {
            this.down ??= new Error('left');
            for (const wake of this.#waiting) wake();
          },
        };
      },
      close: async () => undefined,
    };
  }

  async #fetch(wanted: readonly PlacedOffset[]): Promise<readonly Fetched[]> {
    for (;;) {
      this.#check();
      const found = wanted.map((place) => this.#read(place)).filter(({ messages }) => messages.length > 0);
      if (found.length > 0) return found;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
        setTimeout(wake, MAX_WAIT_MS);
      });
      return [];
    }
  }

  #read(place: PlacedOffset): Fetched {
    const { messages, beginning } = this.#log(place);
    if (place.offset < beginning) throw new GoneError('gone');
    const end = beginning + messages.length;
    const { signal, partition, offset: from } = place;
    return {
      signal,
      partition,
      from,
      messages: messages.slice(from - beginning),
      next: Math.max(from, end),
      end,
    };
  }

  #check(): void {
    if (this.down) throw this.down;
  }

  #log(place: Place): Log {
    const slot = slotOf(place);
    const log = this.#logs.get(slot) ?? { beginning: 0, messages: [] };
    this.#logs.set(slot, log);
    return log;
  }
}
