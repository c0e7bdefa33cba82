// Part of the journal: one append-only log of what was accepted, with one cursor per destination.

import type { Component } from '../model/component.ts';
import type { ItemSet } from '../model/item-set.ts';
import type { ReasonCode } from '../model/reasons.ts';
import type { Accepted, DestinationId, JournalRecord, Position } from '../model/signals.ts';

export type FsyncPolicy = 'interval' | 'always' | 'never';

/** A record as one destination reads it: `settled` are the items that already have their outcome there. */
export interface ReadRecord {
  record: JournalRecord;
  settled: ItemSet | undefined;
}

export interface JournalReader {
  /** The next record with unsettled items beyond those already read; undefined at the end. */
  next(): Promise<ReadRecord | undefined>;
  /** One record again; undefined when it is settled or gone. */
  read(position: Position): Promise<ReadRecord | undefined>;
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
}

/** What is found unsettled at a start. */
export interface Recovered {
  destination: DestinationId;
  position: Position;
  signal: Accepted['signal'];
  summary: Accepted['summary'];
  settledItems: number;
}

export interface JournalEvents {
  recovered(found: Recovered): void;
  evicted(gone: Evicted): void;
  /** The journal cannot be written (again can): says so once per change. */
  writable(ok: boolean, error: Error | undefined): void;
}

export interface Journal extends Component {
  readonly mode: 'disk' | 'memory';
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
  /** Called after each group of appends; the returned function ends it. */
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
