// Part of the journal in Kafka: which partitions a group reads here: taken up where the group left them, handed over in good order.
import { pause } from '../../model/clock.ts';
import type { Position } from '../../model/signals.ts';
import { Settlements } from '../settlements.ts';
import type { Ahead } from './ahead.ts';
import type { Member, Place } from './client.ts';
import type { GroupOptions } from './group-events.ts';
import { OwnedPartition } from './owned.ts';
import { offsetAt, positionOf, type Slot, slotAt, slotOf } from './position.ts';

const AGAIN_MS = 500;

export interface PartitionsOptions
  extends Pick<GroupOptions, 'destination' | 'clock' | 'handOverMs' | 'events'> {
  ahead: Pick<Ahead, 'drop'>;
  isStopped(): boolean;
  failed(error: Error): void;
}

export class Partitions {
  readonly #options: PartitionsOptions;
  readonly #owned = new Map<Slot, OwnedPartition>();
  /** Those that were let go of: what is settled stays settled, also where brokers that were away never took the commit. */
  readonly #before = new Map<Slot, Pick<OwnedPartition, 'settlements' | 'committed' | 'end'>>();
  /** Of those that are being handed over: what is still on the way. */
  #leaving: { positions: Set<Position>; done(): void } | undefined;

  constructor(options: PartitionsOptions) {
    this.#options = options;
  }

  all(): OwnedPartition[] {
    return [...this.#owned.values()];
  }

  /** Those that stay. */
  read(): OwnedPartition[] {
    return this.all().filter(({ isLeaving }) => !isLeaving);
  }

  at(position: Position): OwnedPartition | undefined {
    return this.#owned.get(slotAt(position));
  }

  of(place: Place): OwnedPartition | undefined {
    return this.#owned.get(slotOf(place));
  }

  /** False of one that was taken away, also where it was given back since. */
  has(owned: OwnedPartition): boolean {
    return this.#owned.get(owned.slot) === owned;
  }

  /** Until the brokers have said where each begins. */
  async takeUp(places: readonly Place[], member: Member): Promise<void> {
    const { clock, isStopped, failed } = this.#options;
    const added = places.filter((place) => !this.of(place));
    while (added.length > 0 && !isStopped()) {
      try {
        const [committed, beginnings, ends] = await Promise.all([
          member.committed(added),
          member.beginnings(added),
          member.ends(added),
        ]);
        for (const [index, place] of added.entries())
          this.#takeUpFrom(place, committed[index], beginnings[index] ?? 0, ends[index] ?? 0);
        return;
      } catch (error) {
        failed(error as Error);
        await pause(clock, AGAIN_MS);
      }
    }
  }

  /** The brokers' retention overtook the reading. */
  async passDeleted(member: Member): Promise<void> {
    const { events, destination } = this.#options;
    const all = this.all();
    const beginnings = await member.beginnings(all.map(({ place }) => place));
    for (const [index, owned] of all.entries()) {
      const [from, beginning] = [owned.fetchFrom, beginnings[index] ?? 0];
      if (beginning <= from) continue;
      owned.pass([], beginning);
      events.deleted(destination, positionOf(owned.slot, from), beginning - from);
    }
  }

  /** `commit` writes what is settled, before the others have what is let go of. */
  async keepOnly(kept: readonly Place[], isMember: boolean, commit: () => Promise<void>): Promise<void> {
    const slots = new Set(kept.map(slotOf));
    const lost = this.all().filter(({ slot }) => !slots.has(slot));
    if (lost.length > 0) await this.#handOver(lost, isMember);
    if (isMember && !this.#options.isStopped()) await commit();
    for (const { slot, settlements, committed, end } of lost) {
      this.#owned.delete(slot);
      settlements.forgetItems();
      this.#before.set(slot, { settlements, committed, end });
    }
  }

  /** Nothing of this record is on the way any more. */
  ended(position: Position): void {
    if (!this.#leaving?.positions.delete(position)) return;
    if (this.#leaving.positions.size === 0) this.#leaving.done();
  }

  /** A group that is new begins with all that the brokers have: it was answered with success. */
  #takeUpFrom(place: Place, committed: number | undefined, beginning: number, end: number): void {
    const { events, destination } = this.#options;
    const settlements = this.#settledBefore(place, committed, end) ?? new Settlements(committed ?? beginning);
    const { low } = settlements;
    let deleted = 0;
    for (const [gone, to] of settlements.unsettled(low, beginning)) deleted += to - gone;
    settlements.settleBelow(Math.max(committed ?? 0, beginning));
    const owned = new OwnedPartition(place, settlements.low, end, committed ?? -1, settlements);
    this.#owned.set(owned.slot, owned);
    if (deleted > 0) events.deleted(destination, positionOf(owned.slot, low), deleted);
  }

  /** Of a topic that was made anew the group's offsets are gone, or behind: what is known of the old one says nothing then. */
  #settledBefore(place: Place, committed: number | undefined, end: number): Settlements | undefined {
    const slot = slotOf(place);
    const before = this.#before.get(slot);
    this.#before.delete(slot);
    const isTheSame = before && committed !== undefined && committed >= before.committed && end >= before.end;
    return isTheSame ? before.settlements : undefined;
  }

  async #handOver(lost: readonly OwnedPartition[], isMember: boolean): Promise<void> {
    const { destination, events, clock, handOverMs, ahead } = this.#options;
    for (const owned of lost) owned.isLeaving = true;
    ahead.drop(lost);
    const open = lost.flatMap((owned) =>
      [...owned.openOffsets()].map((offset) => positionOf(owned.slot, offset)),
    );
    const openItems = (position: Position) => this.at(position)?.openItems(offsetAt(position)) ?? 0;
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
}
