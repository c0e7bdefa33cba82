// Part of delivery: the loop, run once per destination. Read beyond the cursor, encode, batch, send, settle.
import type { Journal, JournalReader, ReadRecord } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { Component } from '../model/component.ts';
import type { ReasonCode } from '../model/reasons.ts';
import type { DestinationId, Position } from '../model/signals.ts';
import { type Batch, type Entry, weight } from './batcher.ts';
import { unsettledParts } from './bisect.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { EncodedItem, Exporter } from './exporter.ts';
import { type Book, LoadedRecord } from './loaded.ts';
import { Partition } from './partitions.ts';
import { Settler } from './settler.ts';

export interface DeliveryOptions<T> {
  destination: DestinationId;
  exporter: Exporter<T>;
  journal: Journal;
  ledger: Ledger;
  deadLetters: DeadLetters;
  clock: Clock;
  random: Random;
  /** A bug in an exporter, or a dead letter that could not be written. */
  onError(error: Error): void;
}

/** Encoded and in flight, per destination: well below what DESIGN section 1 allows, because four may be full at once. */
const MAX_LOADED_BYTES = 2 * 1024 * 1024;
/** What an entry costs beside its bytes. */
const ENTRY_OVERHEAD_BYTES = 256;
/** Beyond this many runs of parked records nothing further is read. */
const MAX_PARKED_RUNS = 65_536;

export class Delivery<T> implements Component {
  readonly #options: DeliveryOptions<T>;
  readonly #reader: JournalReader;
  readonly #partitions = new Map<string, Partition<T>>();
  readonly #loaded = new Map<Position, LoadedRecord>();
  readonly #settler: Settler<T>;
  readonly #abort = new AbortController();
  readonly #book: Book;
  #loadedBytes = 0;
  #loadedItems = 0;
  #inFlight = 0;
  #isFlushing = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #isAwake = false;
  #unsubscribe: () => void = () => undefined;

  constructor(options: DeliveryOptions<T>) {
    this.#options = options;
    this.#reader = options.journal.reader(options.destination);
    this.#settler = new Settler(options, this.#reader);
    this.#book = ({ outcome, code }, items) =>
      options.ledger.settle(options.destination, outcome, items, code);
  }

  async start(): Promise<void> {
    this.#unsubscribe = this.#options.journal.onAppend(() => this.#wakeUp());
    this.#running = this.#run();
  }

  /** Sends what it can until `deadline`; what is left stays in the journal. */
  async shutdown(deadline: AbortSignal): Promise<void> {
    if (!this.#running) return;
    this.#isFlushing = true;
    const stop = () => {
      this.#isStopped = true;
      this.#abort.abort();
      this.#wakeUp();
    };
    if (deadline.aborted) stop();
    else deadline.addEventListener('abort', stop, { once: true });
    this.#wakeUp();
    await this.#running;
    deadline.removeEventListener('abort', stop);
    this.#unsubscribe();
    await this.#options.exporter.close();
  }

  /** The journal gave a record up. What is in memory is sent all the same; the rest is counted. */
  evicted(position: Position, items: number, code: ReasonCode): void {
    const loaded = this.#loaded.get(position);
    if (loaded) loaded.evictedBy = code;
    else this.#options.ledger.settle(this.#options.destination, 'dropped', items, code);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isAwake = false;
      const isDrained = await this.#fill();
      this.#dispatch();
      if (this.#isFlushing && this.#isDone(isDrained)) break;
      await this.#sleep();
    }
    while (this.#inFlight > 0) await this.#sleep();
    this.#dropEvicted();
  }

  /** Reads and encodes while there is room; true when nothing is left to read. */
  async #fill(): Promise<boolean> {
    for (const partition of this.#partitions.values()) await this.#unpark(partition);
    while (!this.#isStopped) {
      if (this.#isLoaded() && !this.#parkFailing()) return false;
      const read = await this.#reader.next();
      if (!read) return true;
      await this.#load(read);
    }
    return false;
  }

  /** Twice what can be in flight is enough to keep every slot busy; more would grow old in memory. */
  #isLoaded(): boolean {
    const { concurrency, maxItems } = this.#options.exporter.limits;
    return this.#loadedBytes >= MAX_LOADED_BYTES || this.#loadedItems >= 2 * concurrency * maxItems;
  }

  async #load(read: ReadRecord, only?: Partition<T>): Promise<void> {
    const { record, settled } = read;
    const known = this.#loaded.get(record.position);
    const loaded = known ?? new LoadedRecord(record.position, record.summary.items, settled, this.#book);
    const encoded = this.#settler.encode(record);
    const isSettled = (index: number) => loaded.isSettled(index);
    const items = encoded.items.flatMap((item) => unsettledParts(item, isSettled, this.#options.exporter));
    if (!known) {
      this.#loaded.set(record.position, loaded);
      loaded.expect(items.map((item) => item.sources));
      await this.#settler.settleEncoded(record, loaded, encoded);
    }
    for (const item of items) {
      const partition = this.#partition(item.partition);
      if (only && partition !== only) continue;
      if (!only && partition.isFailing && partition.parked.runs > 0) partition.parked.add(record.position);
      else this.#enqueue(partition, item, loaded);
    }
    this.#tellJournal(loaded);
  }

  #enqueue(partition: Partition<T>, item: EncodedItem<T>, loaded: LoadedRecord): void {
    loaded.active += 1;
    this.#loadedBytes += item.bytes + ENTRY_OVERHEAD_BYTES;
    this.#loadedItems += weight(item);
    partition.queue.push({ item, loaded, queuedAtMs: this.#options.clock.now() });
  }

  /** When memory is full of what cannot be sent now, and something else could be: only positions are kept of the former. */
  #parkFailing(): boolean {
    const partitions = [...this.#partitions.values()];
    const parkedRuns = partitions.reduce((sum, partition) => sum + partition.parked.runs, 0);
    const failing = partitions.filter((partition) => partition.isFailing && partition.hasWork);
    if (failing.length === 0 || !partitions.some((p) => !p.isFailing) || parkedRuns >= MAX_PARKED_RUNS)
      return false;
    for (const partition of failing) this.#release(partition.park());
    return true;
  }

  /** Brings parked records of a partition back: all that fits when it is open, enough for a probe when one is due. */
  async #unpark(partition: Partition<T>): Promise<void> {
    const { clock, exporter } = this.#options;
    while (partition.parked.first !== undefined) {
      const wantsProbe = partition.isProbeDue(clock.now()) && !partition.hasWork;
      const hasRoom = !partition.isFailing && !this.#isLoaded() && !partition.queue.isFull(exporter.limits);
      if (!wantsProbe && !hasRoom) return;
      const position = partition.parked.first;
      partition.parked.delete(position);
      const read = await this.#reader.read(position);
      if (read) await this.#load(read, partition);
    }
  }

  #dispatch(): void {
    const { clock, exporter } = this.#options;
    for (;;) {
      let sent = false;
      for (const partition of this.#partitions.values()) {
        if (this.#inFlight >= exporter.limits.concurrency || this.#isStopped) return;
        const batch = partition.nextBatch(exporter.limits, clock.now(), this.#isFlushing);
        if (!batch) continue;
        sent = true;
        void this.#send(partition, batch);
      }
      if (!sent) return;
    }
  }

  async #send(partition: Partition<T>, batch: Batch<T>): Promise<void> {
    this.#inFlight += 1;
    partition.inFlight += 1;
    try {
      const result = await this.#settler.send(batch, this.#abort.signal);
      partition.inFlight -= 1;
      if (this.#isStopped && result.status === 'retryable') return;
      const settled = await this.#settler.apply(partition, batch, result);
      this.#release(settled);
      this.#reportState();
    } catch (error) {
      // Whatever went wrong here, the items are not settled: they go out again.
      this.#options.onError(error as Error);
      partition.returned.push({ ...batch, notBeforeMs: this.#options.clock.now() + 1000 });
    } finally {
      this.#inFlight -= 1;
      this.#wakeUp();
    }
  }

  /** These entries are no longer in memory: settled, or parked. */
  #release(entries: readonly Entry<T>[]): void {
    const touched = new Set<LoadedRecord>();
    for (const { item, loaded } of entries) {
      this.#loadedBytes -= item.bytes + ENTRY_OVERHEAD_BYTES;
      this.#loadedItems -= weight(item);
      loaded.active -= 1;
      touched.add(loaded);
    }
    for (const loaded of touched) this.#tellJournal(loaded);
  }

  /** Tells the journal what was settled, and forgets a record of which nothing is in memory any more. */
  #tellJournal(loaded: LoadedRecord): void {
    const { journal, destination } = this.#options;
    if (loaded.active === 0 && loaded.evictedBy)
      loaded.resolveRest({ outcome: 'dropped', code: loaded.evictedBy });
    const fresh = loaded.takeFresh();
    if (loaded.open === 0) journal.settle(destination, loaded.position, 'whole');
    else if (fresh) journal.settle(destination, loaded.position, fresh);
    if (loaded.active === 0) this.#loaded.delete(loaded.position);
  }

  #partition(key: string): Partition<T> {
    let partition = this.#partitions.get(key);
    if (!partition) {
      partition = new Partition(key);
      this.#partitions.set(key, partition);
    }
    return partition;
  }

  /** The destination's state is that of its worst partition. */
  #reportState(): void {
    const { ledger, destination, clock } = this.#options;
    const partitions = [...this.#partitions.values()];
    const worst =
      partitions.find((p) => p.state === 'blocked') ?? partitions.find((p) => p.state === 'retrying');
    ledger.setState(
      destination,
      worst ? (worst.state as 'blocked' | 'retrying') : 'on',
      worst?.reason ?? null,
      clock.now(),
    );
  }

  /** While flushing: done when nothing is left, or when what is left cannot go out and is safe on disk. */
  #isDone(isDrained: boolean): boolean {
    if (this.#inFlight > 0) return false;
    const partitions = [...this.#partitions.values()];
    const isSafe = this.#options.journal.mode === 'disk';
    const openWork = partitions.some((p) => !p.isFailing && !p.isIdle);
    const failingWork = partitions.some((p) => p.isFailing && !p.isIdle);
    if (openWork) return false;
    return failingWork ? isSafe : isDrained;
  }

  /** What the journal gave up and memory is about to lose as well. */
  #dropEvicted(): void {
    for (const loaded of this.#loaded.values()) {
      if (loaded.evictedBy) loaded.resolveRest({ outcome: 'dropped', code: loaded.evictedBy });
    }
  }

  #wakeUp(): void {
    this.#isAwake = true;
    this.#wake();
  }

  /** Until something happens or something is due. */
  async #sleep(): Promise<void> {
    if (this.#isAwake) {
      this.#isAwake = false;
      return;
    }
    const { clock, exporter } = this.#options;
    const hasSlot = this.#inFlight < exporter.limits.concurrency;
    const dueTimes = hasSlot ? [...this.#partitions.values()].map((p) => p.dueAtMs(exporter.limits)) : [];
    const dueAtMs = Math.min(...dueTimes.map((time) => time ?? Number.POSITIVE_INFINITY));
    await new Promise<void>((resolve) => {
      const cancel = Number.isFinite(dueAtMs)
        ? clock.schedule(Math.max(0, dueAtMs - clock.now()), resolve)
        : undefined;
      this.#wake = () => {
        cancel?.();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
