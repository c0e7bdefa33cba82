// Part of the journal in Kafka: what it asks of a client library. platformatic.ts answers it; tests have one of their own.
import type { Signal } from '../../model/signals.ts';

/** A partition of the topic of that signal. */
export interface Place {
  signal: Signal;
  partition: number;
}

export interface PlacedOffset extends Place {
  offset: number;
}

export interface OutgoingMessage extends Place {
  /** The trace id of what is in it. */
  key: Buffer | undefined;
  value: Uint8Array;
  /** Of our own, beside the value. */
  header: string;
  timestampMs: number;
}

export interface IncomingMessage {
  offset: number;
  timestampMs: number;
  value: Buffer;
  /** Undefined for a message that another program wrote. */
  header: Buffer | undefined;
}

/** What one partition gave. */
export interface Fetched extends Place {
  /** Where it was read from: as asked. */
  from: number;
  messages: readonly IncomingMessage[];
  /** Where to go on: offsets in between hold nothing. */
  next: number;
  /** One past the last message that there is. */
  end: number;
}

export interface Topic {
  partitions: number;
  /** `max.message.bytes`: of all messages of one request for one partition together. */
  maxBytes: number;
}

export type Topics = Readonly<Record<Signal, Topic>>;

/** What was asked for lies below what the brokers still have. */
export class GoneError extends Error {
  override readonly name = 'GoneError';
}

/** A batch is larger than the topic takes. */
export class TooLargeError extends Error {
  override readonly name = 'TooLargeError';
}

export interface MemberListener {
  /** The group has a new generation. What is not listed belongs to others. */
  assigned(places: readonly Place[]): void;
  /**
   * Called before each joining: only `kept` stays with this member. What else it had is let go of, and committed where
   * `isMember`, before this resolves.
   */
  keepOnly(kept: readonly Place[], isMember: boolean): Promise<void>;
  failed(error: Error): void;
}

/** One member of a consumer group, which stays one whether it reads or not. */
export interface Member {
  /** Resolves with what arrives first, of any broker; empty after a time without anything. Throws GoneError. */
  fetch(wanted: readonly PlacedOffset[], maxBytes: number, maxWaitMs: number): Promise<readonly Fetched[]>;
  /** Some messages from there on, beside what `fetch` reads. Throws GoneError. */
  fetchAgain(from: PlacedOffset, maxBytes: number): Promise<readonly IncomingMessage[]>;
  /** Undefined where the group has never committed. */
  committed(places: readonly Place[]): Promise<(number | undefined)[]>;
  beginnings(places: readonly Place[]): Promise<number[]>;
  /** One past the last message of each. */
  ends(places: readonly Place[]): Promise<number[]>;
  commit(offsets: readonly PlacedOffset[]): Promise<void>;
  /** Leaves the group, so that the others need not wait for the session's end. */
  leave(): Promise<void>;
}

export interface KafkaClient {
  /** Creates the topics that are not there, and tells about each. */
  topics(): Promise<Topics>;
  /** Resolves, once all brokers that have to keep them do or do not, with the offset of each, or what went wrong: TooLargeError… */
  produce(messages: readonly OutgoingMessage[]): Promise<(number | Error)[]>;
  /** Joins as soon as it can, and again whenever it has to. */
  join(group: string, listener: MemberListener): Member;
  close(): Promise<void>;
}
