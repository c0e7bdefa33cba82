// Part of the journal in Kafka: one destination, which is a consumer group: reads its partitions ahead, hands records out, settles.
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
import { OwnedPartition } from './owned.ts';
import { offsetAt, positionOf, type Slot, slotAt, slotOf } from './position.ts';

const MAX_WAIT_MS = 500;
const AGAIN_MS = 500;
/** Whoever has so many open reads no further (DESIGN section 1: at most 64 K positions). */
const MAX_OPEN_RECORDS = 65_536;

export class Group implements JournalReader {
  readonly #options: GroupOptions;
  readonly #owned = new Map<Slot, OwnedPartition>();
  readonly #member: Member;
  readonly #commits: Commits;
  readonly #again: Again;
  /** Assignments are taken up one after the other. */
  readonly #turns = new Turns();
  readonly #ahead = new Ahead();
  /** Of a partition that is being handed over: what is still on the way. */
  #leaving: { positions: Set<Position>; done(): void } | undefined;
  #wake: () => void = () => undefined;
  #isStopped = false;
  /** Why nothing was read the last time. */
  trouble: Error | undefined;
  readonly #running: Promise<void>;

  constructor(options: GroupOptions) {
    const { client, name, clock } = options;
    this.#options = options;
    this.#member = client.join(name, {
      assigned: (places) => {
        this.#commits.hold(false);
        void this.#turns.take(() => this.#takeUp(places)).catch((error: Error) => this.#failed(error));
      },
      keepOnly: (kept, isMember) => this.#turns.take(() => this.#keepOnly(kept, isMember)),
      failed: (error) => this.#failed(error),
    });
    this.#commits = new Commits({
      clock,
      owned: () => this.#owned.values(),
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
      const record = this.#open(ahead);
      if (record) return { record, settled: undefined };
    }
    this.#wake();
    return undefined;
  }

  async read(position: Position): Promise<ReadRecord | undefined> {
    const owned = this.#owned.get(slotAt(position));
    const offset = offsetAt(position);
    if (!owned?.isOpen(offset)) return undefined;
    const message = await this.#message(owned, position);
    if (this.#isStopped || !owned.isOpen(offset) || this.#owned.get(owned.slot) !== owned) return undefined;
    if (!message) {
      this.#giveUp(owned, position, 'journal_full');
      return undefined;
    }
    const record = this.#options.events.prepare(recordOf(owned.place.signal, message, position));
    return record && { record, settled: owned.settlements.items(offset) };
  }

  /** It is read again soon. */
  forgo({ record }: ReadRecord): void {
    this.#again.keep(record);
  }

  settle(position: Position, items: 'whole' | ItemSet): void {
    const offset = offsetAt(position);
    const owned = this.#owned.get(slotAt(position));
    // Another's by now: it is delivered there once more.
    if (!owned?.isOpen(offset)) return;
    owned.settle(offset, items);
    if (items === 'whole') this.#leave(position);
    this.#commits.noteSettled();
  }

  backlog(): Backlog {
    const all = [...this.#owned.values()].map((owned) => owned.backlog());
    const oldest = all.flatMap(({ oldestReceivedAtMs }) => oldestReceivedAtMs ?? []);
    return {
      bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
      oldestReceivedAtMs: oldest.length > 0 ? Math.min(...oldest) : undefined,
    };
  }

  /** Messages that are not settled, of each partition that is read here. */
  lags(): (Place & { lag: number })[] {
    return [...this.#owned.values()].map(({ place, lag }) => ({ ...place, lag }));
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
        await new Promise<void>((resolve) => this.#options.clock.schedule(AGAIN_MS, resolve));
      }
    }
  }

  /** Nothing while enough is at hand, whatever the reason that it is not taken: the member stays one all the same. */
  #wanted() {
    const open = [...this.#owned.values()].reduce((sum, { openRecords }) => sum + openRecords, 0);
    if (!this.#ahead.isLow || open >= MAX_OPEN_RECORDS) return [];
    return [...this.#owned.values()].map(({ place, fetchFrom }) => ({ ...place, offset: fetchFrom }));
  }

  #push(fetched: readonly Fetched[]): void {
    let found = false;
    for (const { messages, from, next, end, ...place } of fetched) {
      const owned = this.#owned.get(slotOf(place));
      // It was taken away meanwhile, and perhaps given back.
      if (owned?.fetchFrom !== from) continue;
      owned.end = Math.max(owned.end, end);
      owned.pass(messages, next);
      this.#ahead.push(owned, messages);
      found ||= messages.length > 0;
    }
    if (found) this.#options.events.arrived();
  }

  #open({ owned, message }: AheadMessage): JournalRecord | undefined {
    const { destination, events, clock, maxAgeMs } = this.#options;
    const { offset, value } = message;
    if (this.#owned.get(owned.slot) !== owned || owned.settlements.has(offset)) return undefined;
    const read = recordOf(owned.place.signal, message, positionOf(owned.slot, offset));
    const { receivedAtMs, summary, position } = read.record;
    owned.handOut(offset, { items: summary.items, bytes: value.length, receivedAtMs });
    const record = events.prepare(read);
    if (!record) {
      events.refused(destination, read.record);
      this.settle(position, 'whole');
      return undefined;
    }
    events.opened(destination, record);
    if (owned.isOpen(offset) && receivedAtMs < clock.now() - maxAgeMs)
      this.#giveUp(owned, position, 'max_age');
    return owned.isOpen(offset) ? record : undefined;
  }

  #giveUp(owned: OwnedPartition, position: Position, code: 'max_age' | 'journal_full'): void {
    const { destination, events } = this.#options;
    events.dropped(destination, position, owned.openItems(offsetAt(position)), code);
    this.settle(position, 'whole');
  }

  async #message(owned: OwnedPartition, position: Position): Promise<IncomingMessage | undefined> {
    while (!this.#isStopped && this.#owned.get(owned.slot) === owned) {
      try {
        return await this.#again.read(position);
      } catch (error) {
        if (error instanceof GoneError) return undefined;
        this.#failed(error as Error);
        await new Promise<void>((resolve) => this.#options.clock.schedule(AGAIN_MS, resolve));
      }
    }
    return undefined;
  }

  async #takeUp(places: readonly Place[]): Promise<void> {
    const added = places.filter((place) => !this.#owned.has(slotOf(place)));
    while (added.length > 0 && !this.#isStopped) {
      try {
        const [committed, beginnings, ends] = await Promise.all([
          this.#member.committed(added),
          this.#member.beginnings(added),
          this.#member.ends(added),
        ]);
        for (const [index, place] of added.entries())
          this.#takeUpFrom(place, committed[index], beginnings[index] ?? 0, ends[index] ?? 0);
        break;
      } catch (error) {
        this.#failed(error as Error);
        await new Promise<void>((resolve) => this.#options.clock.schedule(AGAIN_MS, resolve));
      }
    }
    this.#wake();
  }

  /** A group that is new begins with all that the brokers have: it was answered with success. */
  #takeUpFrom(place: Place, committed: number | undefined, beginning: number, end: number): void {
    const from = Math.max(committed ?? 0, beginning);
    const owned = new OwnedPartition(place, from, end, committed ?? -1);
    this.#owned.set(owned.slot, owned);
    if (committed !== undefined && committed < beginning)
      this.#options.events.deleted(
        this.#options.destination,
        positionOf(owned.slot, committed),
        beginning - committed,
      );
  }

  /** The brokers' retention overtook the reading. */
  async #passDeleted(): Promise<void> {
    const all = [...this.#owned.values()];
    const beginnings = await this.#member.beginnings(all.map(({ place }) => place));
    for (const [index, owned] of all.entries()) {
      const [from, beginning] = [owned.fetchFrom, beginnings[index] ?? 0];
      if (beginning <= from) continue;
      owned.pass([], beginning);
      this.#options.events.deleted(this.#options.destination, positionOf(owned.slot, from), beginning - from);
    }
    this.#commits.noteSettled();
  }

  async #keepOnly(kept: readonly Place[], isMember: boolean): Promise<void> {
    this.#commits.hold(true);
    const slots = new Set(kept.map(slotOf));
    const lost = [...this.#owned.values()].filter(({ slot }) => !slots.has(slot));
    if (lost.length > 0) await this.#handOver(lost, isMember);
    if (isMember && !this.#isStopped) await this.#commits.write();
    for (const { slot } of lost) this.#owned.delete(slot);
  }

  async #handOver(lost: readonly OwnedPartition[], isMember: boolean): Promise<void> {
    const { destination, events, clock, handOverMs } = this.#options;
    this.#ahead.drop(lost);
    const open = lost.flatMap((owned) =>
      [...owned.openOffsets()].map((offset) => positionOf(owned.slot, offset)),
    );
    const openItems = (position: Position) =>
      this.#owned.get(slotAt(position))?.openItems(offsetAt(position)) ?? 0;
    const positions = new Set(events.handedOver(destination, new Set(open), openItems));
    // Who is no member any more has nothing to wait for: another has begun already.
    if (positions.size === 0 || !isMember) return;
    await new Promise<void>((resolve) => {
      const cancel = clock.schedule(handOverMs, resolve);
      const done = () => {
        cancel();
        resolve();
      };
      this.#leaving = { positions, done };
    });
    this.#leaving = undefined;
  }

  #failed(error: Error): void {
    if (!this.#isStopped) this.trouble = error;
  }

  #leave(position: Position): void {
    if (!this.#leaving?.positions.delete(position)) return;
    if (this.#leaving.positions.size === 0) this.#leaving.done();
  }
}
