// Part of delivery: which records are in memory, encoded and waiting or in flight, and the bound on them.
import type { ReadRecord } from '../journal/journal.ts';
import type { ReasonCode } from '../model/reasons.ts';
import type { JournalRecord, Position } from '../model/signals.ts';
import type { Entry } from './batcher.ts';
import { unsettledParts } from './bisect.ts';
import type { Budget } from './budget.ts';
import type { Burials } from './bury.ts';
import type { EncodedItem } from './exporter.ts';
import type { Lane, Lanes } from './lanes.ts';
import { type Book, LoadedRecord } from './loaded.ts';
import type { DeliveryOptions } from './loop.ts';
import type { Partition } from './partitions.ts';
import type { Schedule } from './schedule.ts';
import type { Settler } from './settler.ts';

/** What an entry costs beside its bytes. */
const ENTRY_OVERHEAD_BYTES = 256;
/** Beyond this many runs of parked records nothing further is read. */
const MAX_PARKED_RUNS = 65_536;

export interface MemoryParts<T> {
  lanes: Lanes;
  schedule: Schedule<T>;
  settler: Settler<T>;
  budget: Budget;
  burials: Pick<Burials, 'isFull'>;
}

export interface LoadOptions<T> {
  only?: Partition<T>;
  isFinal?: boolean;
}

export class Memory<T> {
  readonly #options: DeliveryOptions<T>;
  readonly #lanes: Lanes;
  readonly #schedule: Schedule<T>;
  readonly #settler: Settler<T>;
  readonly #budget: Budget;
  readonly #burials: Pick<Burials, 'isFull'>;
  readonly #book: Book;
  readonly #loaded = new Map<Position, LoadedRecord>();

  constructor(options: DeliveryOptions<T>, parts: MemoryParts<T>) {
    this.#options = options;
    this.#lanes = parts.lanes;
    this.#schedule = parts.schedule;
    this.#settler = parts.settler;
    this.#budget = parts.budget;
    this.#burials = parts.burials;
    this.#book = ({ outcome, code }, items, position, from, to) =>
      options.ledger.settle(options.destination, outcome, items, code, position, from, to);
  }

  /** True when so many pieces are parked that nothing further is read. */
  get isCrowded(): boolean {
    let runs = 0;
    for (const { parked } of this.#schedule.all()) runs += parked.runs;
    return runs >= MAX_PARKED_RUNS;
  }

  get hasRoom(): boolean {
    return this.#budget.hasRoom && !this.isCrowded && !this.#burials.isFull;
  }

  /** Of what is live, no more is loaded than goes out soon: what waits in the journal can still be left to the backlog. */
  get hasRoomForLive(): boolean {
    const { isDown } = this.#schedule;
    if (isDown || this.isCrowded || this.#burials.isFull) return false;
    return this.#budget.hasRoomForLive && !this.#schedule.isAmple('live');
  }

  /** True when some lane has read the record already. */
  has(position: Position): boolean {
    if (this.#loaded.has(position)) return true;
    for (const { parked } of this.#schedule.all()) if (parked.has(position)) return true;
    return false;
  }

  /**
   * `only`: the record was parked by this partition; the others have had their items. Resolves with the time at which the record is to
   * be loaded again, where something of it waits for that.
   */
  async load(
    { record, settled }: ReadRecord,
    lane: Lane,
    { only, isFinal = false }: LoadOptions<T> = {},
  ): Promise<number | undefined> {
    const known = this.#loaded.get(record.position);
    const loaded = known ?? new LoadedRecord(record, settled, this.#book);
    const encoded = this.#settler.encode(record, { isFinal });
    const isSettled = (index: number) => loaded.isSettled(index);
    const items = encoded.items.flatMap((item) => unsettledParts(item, isSettled, this.#options.exporter));
    const waiting = encoded.waiting?.filter(({ from, to }) => !loaded.isRangeSettled(from, to)) ?? [];
    const [first] = encoded.skipped;
    if (!known && first?.from === 0 && first.to === record.summary.items && items.length === 0) {
      // Booked at once: most of what is not for a destination is not for it as a whole.
      loaded.resolve(0, record.summary.items, { outcome: first.outcome ?? 'skipped', code: first.code });
    } else if (!known) {
      this.#loaded.set(record.position, loaded);
      loaded.expect(
        items.filter((item) => this.#isOwed(item, record.position, only)).map((item) => item.sources),
      );
      if (waiting.length > 0) loaded.expectMore(waiting);
      await this.#settler.settleEncoded(loaded, encoded);
    }
    for (const item of items) {
      const partition = this.#schedule.get(item.partition);
      if (only && partition !== only) continue;
      const isHopeless = partition.isFailing && (lane === 'live' || partition.parked.runs > 0);
      if (!only && isHopeless) partition.parked.add(record.position);
      else this.#enqueue(partition, lane, item, loaded);
    }
    this.#tellJournal(loaded);
    return waiting.length === 0 ? undefined : Math.min(...waiting.map(({ untilMs }) => untilMs));
  }

  /** These entries are no longer in memory: settled, or parked. */
  release(entries: readonly Entry<T>[]): void {
    const touched = new Set<LoadedRecord>();
    for (const entry of entries) {
      this.#budget.give(entry);
      entry.loaded.active -= 1;
      touched.add(entry.loaded);
    }
    for (const loaded of touched) this.#tellJournal(loaded);
  }

  /** A dead letter of what encoding refused is written at last. */
  letGo(loaded: LoadedRecord): void {
    loaded.active -= 1;
    this.#tellJournal(loaded);
  }

  /** When memory is full of what cannot be sent now, and something else could be: only positions are kept of the former. */
  parkFailing(): boolean {
    if (this.isCrowded || this.#schedule.isDown) return false;
    // A record is parked or in memory, never in parts: what is in flight comes back first.
    const failing = [...this.#schedule.all()].filter(
      (one) => one.isFailing && one.hasWork && one.inFlight === 0,
    );
    for (const partition of failing) this.release(partition.park());
    return failing.length > 0;
  }

  /** Brings a parked record of each partition back, for which there is room or which a probe needs. True when one came. */
  async unpark(): Promise<boolean> {
    const { clock, exporter } = this.#options;
    let found = false;
    for (const partition of this.#schedule.all()) {
      const { parked, queues } = partition;
      const position = parked.first;
      if (position === undefined) continue;
      const wantsProbe = partition.isProbeDue(clock.now()) && !partition.hasWork;
      const hasRoom = !partition.isFailing && this.hasRoom && !queues.main.isFull(exporter.limits);
      if (!wantsProbe && !hasRoom) continue;
      parked.delete(position);
      const read = await this.#lanes.read(position);
      if (read) await this.load(read, 'main', { only: partition });
      found = true;
    }
    return found;
  }

  /** The journal gave a record up. What is in memory is sent all the same; the rest is counted. */
  evicted(position: Position, items: number, code: ReasonCode, record?: JournalRecord): void {
    const loaded = this.#loaded.get(position);
    if (loaded) loaded.evicted = { code, record };
    else this.#options.ledger.settle(this.#options.destination, 'dropped', items, code, position);
  }

  /**
   * Other processes have these records now. What waits of them is neither sent nor counted here any more; returned is what is on the
   * way. `openItems`: of a record of which nothing is in memory.
   */
  handOver(
    positions: ReadonlySet<Position>,
    openItems: (position: Position) => number,
  ): ReadonlySet<Position> {
    const { ledger, destination } = this.#options;
    for (const partition of this.#schedule.all()) this.release(partition.takeOut(positions));
    const onTheWay = new Set<Position>();
    for (const position of positions) {
      const loaded = this.#loaded.get(position);
      if (!loaded || loaded.hasSuccessor) ledger.handOver(destination, openItems(position));
      if (!loaded) continue;
      loaded.isHandedOver = true;
      onTheWay.add(position);
    }
    return onTheWay;
  }

  /** It came back, and what was on the way when it was handed over still is: that ends by itself, and then it is read anew. */
  cameBackEarly(position: Position): boolean {
    const loaded = this.#loaded.get(position);
    if (!loaded?.isHandedOver) return false;
    loaded.hasSuccessor = true;
    return true;
  }

  /** What the journal gave up and memory is about to lose as well. */
  dropEvicted(): void {
    for (const loaded of this.#loaded.values()) {
      if (loaded.evicted) loaded.resolveRest({ outcome: 'dropped', code: loaded.evicted.code });
    }
  }

  /** False of items that had their outcome before the record was parked. */
  #isOwed(item: EncodedItem<T>, position: Position, only: Partition<T> | undefined): boolean {
    const partition = this.#schedule.get(item.partition);
    return !only || partition === only || partition.parked.has(position);
  }

  #enqueue(partition: Partition<T>, lane: Lane, item: EncodedItem<T>, loaded: LoadedRecord): void {
    const queuedAtMs = this.#options.clock.now();
    const entry = {
      item,
      loaded,
      queuedAtMs,
      costBytes: item.bytes + ENTRY_OVERHEAD_BYTES,
      isAside: false,
    };
    loaded.active += 1;
    this.#budget.take(entry);
    partition.queues[lane].push(entry);
  }

  /** Tells the journal what was settled, and forgets a record of which nothing is in memory any more. */
  #tellJournal(loaded: LoadedRecord): void {
    const { journal, destination } = this.#options;
    if (loaded.active === 0 && loaded.evicted)
      loaded.resolveRest({ outcome: 'dropped', code: loaded.evicted.code });
    // What of it was not on the way is with whoever has it now.
    if (loaded.active === 0 && loaded.isHandedOver) this.#options.ledger.handOver(destination, loaded.open);
    const fresh = loaded.takeFresh();
    if (loaded.hasSuccessor) {
      if (loaded.active === 0) this.#loaded.delete(loaded.position);
      return;
    }
    if (loaded.open === 0) journal.settle(destination, loaded.position, 'whole');
    else if (fresh) journal.settle(destination, loaded.position, fresh);
    if (loaded.active === 0) this.#loaded.delete(loaded.position);
  }
}
