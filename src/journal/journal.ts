// Part of the journal: one append-only log of what was accepted, with one cursor per destination.

import type { Component } from '../model/component.ts';
import type { ItemSet } from '../model/item-set.ts';
import type { Reason, ReasonCode } from '../model/reasons.ts';
import type { Accepted, DestinationId, JournalRecord, Position } from '../model/signals.ts';

/** Records that cannot be written are in memory only; settlements that cannot be written are repeated after a kill. */
export type Unwritable = 'records' | 'settlements';

export type JournalMode = 'disk' | 'memory' | 'kafka';

export type FsyncPolicy = 'interval' | 'always' | 'never';

/** A record as one destination reads it: `settled` are the items that already have their outcome there. */
export interface ReadRecord {
  record: JournalRecord;
  settled: ItemSet | undefined;
}

/** Where a reader stops, and what it passes over: what another reader of the same destination has read or will read. */
export interface ReadBounds {
  before: Position;
  except(position: Position): boolean;
}

export interface JournalReader {
  /** Where `next` goes on: every unsettled record below was read. */
  readonly position: Position;
  /** The next record with unsettled items beyond those already read; undefined at the end, or at the bound. */
  next(bounds?: ReadBounds): Promise<ReadRecord | undefined>;
  /** Another reader of the same destination for what it has not read of the newest records, received at that time or later. */
  since(receivedAtMs: number): JournalReader;
  /** One record again; undefined when it is settled or gone. */
  read(position: Position): Promise<ReadRecord | undefined>;
  /** What was read is not used, here or elsewhere: it will be read again, and its payload may be used for others. */
  forgo(read: ReadRecord): void;
}

export interface Backlog {
  bytes: number;
  /** When the oldest unsettled record was received; undefined when nothing is left. */
  oldestReceivedAtMs: number | undefined;
}

/** Records that a bound removed before a destination had settled them. */
export interface Evicted {
  destination: DestinationId;
  position: Position;
  /** Items of the record that were not settled. */
  items: number;
  code: Extract<ReasonCode, 'journal_full' | 'max_age' | 'journal_damaged'>;
  /** What the destination had read of it and not settled: it may be on the way. */
  record?: JournalRecord | undefined;
}

/** What is found unsettled at a start, or when a directory can be used only later. */
export interface Recovered {
  destination: DestinationId;
  position: Position;
  signal: Accepted['signal'];
  /** Of all counts but `items`: whether there are any. Without the services. */
  summary: Accepted['summary'];
  /** Of a replay: whole. Of others the journal tells only when they are read. */
  origin: Accepted['origin'];
  settledItems: number;
}

/** Records of an earlier run that are not there any more, in a row: in this run nobody has counted them. */
export interface Missing {
  destination: DestinationId;
  position: Position;
  records: number;
  /** A record of which nothing is left counts as one. */
  items: number;
}

export interface JournalEvents {
  recovered(found: Recovered): void;
  missing(gone: Missing): void;
  evicted(gone: Evicted): void;
  /** Items that were in memory only when the journal was closed. */
  memoryLost(destination: DestinationId, items: number): void;
  /** Something cannot be written to the data directory, or again can: once per change. */
  writable(ok: boolean, error: Error | undefined, what: Unwritable): void;
}

/** How the journal is, for people. */
export interface JournalHealth {
  /** What is wrong with the data directory, and since when. */
  reason: Reason | undefined;
  sinceMs: number | undefined;
  /** Held in memory, where `maxMemoryBytes` may be. */
  memoryBytes: number;
  maxMemoryBytes: number;
  /** Records that are not there as they were written, and that somebody was still owed. */
  damagedRecords: number;
}

/** Of a journal in Kafka. */
export interface KafkaStatus {
  brokers: readonly string[];
  /** On this host, because the brokers do not take it yet. */
  outboxBytes: number;
  /** What is read here, and how many messages of each partition are not settled. */
  groups: readonly {
    destination: DestinationId;
    group: string;
    /** Why it cannot be read. */
    error: string | null;
    partitions: readonly { signal: Accepted['signal']; partition: number; lag: number }[];
  }[];
}

export interface Journal extends Component {
  /** Where new data is: `memory` as long as records are in memory only, `kafka` as long as brokers take it. */
  readonly mode: JournalMode;
  /** Others deliver what this process leaves: when it stops, it reads no further. */
  readonly isShared?: boolean;
  readonly dir: string | null;
  readonly bytes: number;
  readonly maxBytes: number;
  readonly fsync: FsyncPolicy | null;
  /**
   * Resolves after write(2) for `interval` and `never`, after fdatasync for `always`; rejects with JournalError.
   * `written` runs when the position is known and before any reader can see the record: books are opened there.
   */
  append(accepted: Accepted, written?: (position: Position) => void): Promise<Position>;
  hasRoom(bytes: number): boolean;
  reader(destination: DestinationId): JournalReader;
  settle(destination: DestinationId, position: Position, items: 'whole' | ItemSet): void;
  backlog(destination: DestinationId): Backlog;
  health(): JournalHealth;
  /** Absent where the journal is not in Kafka. */
  kafka?(): KafkaStatus;
  /** Called after each group of appends, and when a disk can be read again; the returned function ends it. */
  onAppend(listener: () => void): () => void;
}

export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code: 'journal_full' | 'journal_unavailable';

  constructor(code: JournalError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
