// Part of the journal in Kafka: what a consumer group needs, and whom it tells what.
import type { Clock } from '../../model/clock.ts';
import type { DestinationId, JournalRecord, Position } from '../../model/signals.ts';
import type { KafkaClient } from './client.ts';
import type { Read } from './message.ts';

export interface GroupEvents {
  /** What is handed out of a message; undefined when it may not be. */
  prepare(read: Read): Promise<JournalRecord | undefined>;
  /** A record is handed out for the first time here: its books are opened, which may settle it at once. */
  opened(destination: DestinationId, record: JournalRecord): void;
  /** `prepare` refused these items of a record; at the first reading its books are opened first. */
  refused(destination: DestinationId, position: Position, items: number, isFirst: boolean): void;
  /** Items of a record whose books are open are given up: nobody is handed it. */
  dropped(
    destination: DestinationId,
    position: Position,
    items: number,
    code: 'max_age' | 'journal_full',
  ): void;
  /** The brokers deleted so many records before the group had them. */
  deleted(destination: DestinationId, position: Position, records: number): void;
  /**
   * These belong to another process now. What is not on the way yet is let go of; returned is what is. `openItems`: of a record,
   * those without an outcome.
   */
  handedOver(
    destination: DestinationId,
    positions: ReadonlySet<Position>,
    openItems: (position: Position) => number,
  ): ReadonlySet<Position>;
  /** There is more to read. */
  arrived(): void;
}

export interface GroupOptions {
  destination: DestinationId;
  /** Of the consumer group. */
  name: string;
  client: KafkaClient;
  clock: Clock;
  maxAgeMs: number;
  /** What is on the way when a partition is taken away may take this long. */
  handOverMs: number;
  events: GroupEvents;
}
