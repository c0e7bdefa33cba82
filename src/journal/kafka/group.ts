// Part of the journal in Kafka: one destination, which is a consumer group: reads its partitions ahead, hands records out, settles.
import { pause } from '../../model/clock.ts';
import type { ItemSet } from '../../model/item-set.ts';
import type { JournalRecord, Position } from '../../model/signals.ts';
import type { Backlog, JournalReader, ReadRecord } from '../journal.ts';
import { Turns } from '../turns.ts';
import { Again } from './again.ts';
import { AHEAD_BYTES, Ahead, type AheadMessage } from './ahead.ts';
import { type Fetched, GoneError, type IncomingMessage, type Member, type Place } from './client.ts';
import { Commits } from './commits.ts';
import type { GroupOptions } from './group-events.ts';
import { recordOf } from './message.ts';
import type { OwnedPartition } from './owned.ts';
import { Partitions } from './partitions.ts';
import { offsetAt, positionOf } from './position.ts';

const MAX_WAIT_MS = 500;
const AGAIN_MS = 500;
/** Whoever has so many open reads no further (DESIGN section 1: at most 64 K positions). */
const MAX_OPEN_RECORDS = 65_536;

export class Group implements JournalReader {
  readonly #options: GroupOptions;
  readonly #partitions: Partitions;
  readonly #member: Member;
  readonly #commits: Commits;
  readonly #again: Again;
  /** Assignments are taken up one after the other. */
  readonly #turns = new Turns();
  readonly #ahead = new Ahead();
  #wake: () => void = () => undefined;
  #isStopped = false;
  /** Why nothing was read the last time. */
  trouble: Error | undefined;
  readonly #running: Promise<void>;

  constructor(options: GroupOptions) {
    const { client, name, clock } = options;
    this.#options = options;
    this.#partitions = new Partitions({
      ...options,
      ahead: this.#ahead,
      isStopped: () => this.#isStopped,
      failed: (error) => this.#failed(error),
    });
    this.#member = client.join(name, {
      assigned: (places) => {
        this.#commits.hold(false);
        void this.#turns.take(() => this.#takeUp(places));
      },
      keepOnly: (kept, isMember) => {
        this.#commits.hold(true);
        const commit = () => this.#commits.write();
        return this.#turns.take(() => this.#partitions.keepOnly(kept, isMember, commit));
      },
      failed: (error) => this.#failed(error),
    });
    this.#commits = new Commits({
      clock,
      owned: () => this.#partitions.all(),
      commit: (offsets) => this.#member.commit(offsets),
      failed: (error) => this.#failed(error),
    });
    this.#again = new Again(this.#member);
    this.#running = this.#run();
  }

  /** Above everything: there is one lane only, and nothing is left to a second one. */
  get position(): Position {
    return Number.POSITIVE_INFINITY;
  }

  since(): JournalReader {
    return this;
  }

  async next(): Promise<ReadRecord | undefined> {
    for (;;) {
      const ahead = this.#ahead.shift();
      if (!ahead) break;
      if (this.#ahead.isLow) this.#wake();
      const record = await this.#open(ahead);
      if (record) return { record, settled: undefined };
    }
    this.#wake();
    return undefined;
  }

  async read(position: Position): Promise<ReadRecord | undefined> {
    const owned = this.#partitions.at(position);
    const offset = offsetAt(position);
    if (!owned?.isOpen(offset)) return undefined;
    const message = await this.#message(owned, position);
    if (this.#isStopped || !owned.isOpen(offset) || !this.#partitions.has(owned)) return undefined;
    if (!message) {
      this.#giveUp(owned, position, 'journal_full');
      return undefined;
    }
    const record = await this.#options.events.prepare(recordOf(owned.place.signal, message, position));
    if (!owned.isOpen(offset) || !this.#partitions.has(owned)) return undefined;
    if (!record) {
      this.#refuse(owned, position, false);
      return undefined;
    }
    return { record, settled: owned.settlements.items(offset) };
  }

  /** It is read again soon. */
  forgo({ record }: ReadRecord): void {
    this.#again.keep(record);
  }

  settle(position: Position, items: 'whole' | ItemSet): void {
    const offset = offsetAt(position);
    const owned = this.#partitions.at(position);
    // Another's by now: it is delivered there once more.
    if (!owned?.isOpen(offset)) return;
    owned.settle(offset, items);
    if (items === 'whole') this.#partitions.ended(position);
    this.#commits.noteSettled();
  }

  backlog(): Backlog {
    const all = this.#partitions.all().map((owned) => owned.backlog());
    const oldest = all.flatMap(({ oldestReceivedAtMs }) => oldestReceivedAtMs ?? []);
    return {
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestReceivedAtMs: oldest.length > 0 ? Math.min(...oldest) : undefined,
    };
  }

  /** Messages that are not settled, of each partition that is read here. */
  lags(): (Place & { lag: number })[] {
    return this.#partitions.all().map(({ place, lag }) => ({ ...place, lag }));
  }

  /** What is settled is committed, and the others have the partitions. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    this.#commits.stop();
    await this.#commits.write();
    await this.#member.leave();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const wanted = this.#wanted();
      if (wanted.length === 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      try {
        this.#push(await this.#member.fetch(wanted, AHEAD_BYTES, MAX_WAIT_MS));
        this.trouble = undefined;
      } catch (error) {
        if (this.#isStopped) return;
        if (error instanceof GoneError) await this.#passDeleted().catch(() => undefined);
        else this.#failed(error as Error);
        await pause(this.#options.clock, AGAIN_MS);
      }
    }
  }

  /** Nothing while enough is at hand, whatever the reason that it is not taken: the member stays one all the same. */
  #wanted() {
    const open = this.#partitions.all().reduce((sum, { openRecords }) => sum + openRecords, 0);
    if (!this.#ahead.isLow || open >= MAX_OPEN_RECORDS) return [];
    return this.#partitions.read().map(({ place, fetchFrom }) => ({ ...place, offset: fetchFrom }));
  }

  #push(fetched: readonly Fetched[]): void {
    let found = false;
    for (const { messages, from, next, end, ...place } of fetched) {
      const owned = this.#partitions.of(place);
      // It was taken away meanwhile, and perhaps given back.
      if (owned?.fetchFrom !== from || owned.isLeaving) continue;
      owned.end = Math.max(owned.end, end);
      owned.pass(messages, next);
      this.#ahead.push(owned, messages);
      found ||= messages.length > 0;
    }
    if (found) this.#options.events.arrived();
  }

  async #open({ owned, message }: AheadMessage): Promise<JournalRecord | undefined> {
    const { destination, events, clock, maxAgeMs } = this.#options;
    const { offset, value } = message;
    const read = recordOf(owned.place.signal, message, positionOf(owned.slot, offset));
    const record = await events.prepare(read);
    // From here to the end nothing can take the partition away.
    const isRead = this.#partitions.has(owned) && !owned.isLeaving;
    if (!isRead || owned.settlements.has(offset)) return undefined;
    const { receivedAtMs, summary, position } = read.record;
    owned.handOut(offset, { items: summary.items, bytes: value.length, receivedAtMs });
    if (!record) {
      this.#refuse(owned, position, true);
      return undefined;
    }
    events.opened(destination, record);
    if (owned.isOpen(offset) && receivedAtMs < clock.now() - maxAgeMs)
      this.#giveUp(owned, position, 'max_age');
    return owned.isOpen(offset) ? record : undefined;
  }

  #refuse(owned: OwnedPartition, position: Position, isFirst: boolean): void {
    const { destination, events } = this.#options;
    events.refused(destination, position, owned.openItems(offsetAt(position)), isFirst);
    this.settle(position, 'whole');
  }

  #giveUp(owned: OwnedPartition, position: Position, code: 'max_age' | 'journal_full'): void {
    const { destination, events } = this.#options;
    events.dropped(destination, position, owned.openItems(offsetAt(position)), code);
    this.settle(position, 'whole');
  }

  async #message(owned: OwnedPartition, position: Position): Promise<IncomingMessage | undefined> {
    while (!this.#isStopped && this.#partitions.has(owned)) {
      try {
        return await this.#again.read(position);
      } catch (error) {
        if (error instanceof GoneError) return undefined;
        this.#failed(error as Error);
        await pause(this.#options.clock, AGAIN_MS);
      }
    }
    return undefined;
  }

  async #takeUp(places: readonly Place[]): Promise<void> {
    await this.#partitions.takeUp(places, this.#member);
    this.#commits.noteSettled();
    this.#wake();
  }

  async #passDeleted(): Promise<void> {
    await this.#partitions.passDeleted(this.#member);
    this.#commits.noteSettled();
  }

  #failed(error: Error): void {
    if (!this.#isStopped) this.trouble = error;
  }
}
