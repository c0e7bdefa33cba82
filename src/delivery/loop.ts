// Part of delivery: the loop, run once per destination. Read beyond the cursor, encode, batch, send, settle.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock, Random } from '../model/clock.ts';
import type { Component } from '../model/component.ts';
import type { ReasonCode } from '../model/reasons.ts';
import type { DestinationId, JournalRecord, Position } from '../model/signals.ts';
import type { Batch, Entry } from './batcher.ts';
import { Budget } from './budget.ts';
import { Burials } from './bury.ts';
import type { DeadLetters } from './dead-letters/letter.ts';
import type { Exporter } from './exporter.ts';
import { Holds } from './holds.ts';
import { type Laned, Lanes } from './lanes.ts';
import { Memory } from './memory.ts';
import type { Partition } from './partitions.ts';
import { Rejections } from './rejections.ts';
import { Schedule } from './schedule.ts';
import { Settler } from './settler.ts';
import { steadyClock } from './steady-clock.ts';
import { worstOf } from './worst.ts';

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
/** So much is read and encoded in one turn of the event loop: 5 ms where spans become documents (DESIGN section 1). */
const BYTES_PER_TURN = 128 * 1024;
/** A bug may be of a moment. */
const AGAIN_AFTER_BUG_MS = 1000;
const AGAIN_AFTER_HAND_OVER_MS = 1000;

export class Delivery<T> implements Component {
  readonly #options: DeliveryOptions<T>;
  /** For what is due. Ages are told by the other, which everybody has. */
  readonly #clock: Clock;
  readonly #lanes: Lanes;
  readonly #schedule: Schedule<T>;
  readonly #settler: Settler<T>;
  readonly #memory: Memory<T>;
  readonly #burials: Burials;
  readonly #holds: Holds;
  readonly #abort = new AbortController();
  #inFlight = 0;
  #isFlushing = false;
  #isStopped = false;
  #running: Promise<void> | undefined;
  #wake: () => void = () => undefined;
  #isAwake = false;
  #unsubscribe: () => void = () => undefined;

  constructor(options: DeliveryOptions<T>) {
    this.#options = options;
    this.#clock = steadyClock(options.clock);
    this.#holds = new Holds(options.clock, this.#clock);
    const steady = { ...options, clock: this.#clock };
    const lanes = new Lanes(options.journal.reader(options.destination));
    const schedule = new Schedule(options.exporter);
    const budget = new Budget(MAX_LOADED_BYTES, options.exporter.limits);
    const burials = new Burials(options, lanes);
    const rejections = new Rejections<T>(burials, budget, {
      release: (entries) => {
        this.#memory.release(entries);
        this.#wakeUp();
      },
      letGo: (loaded) => {
        this.#memory.letGo(loaded);
        this.#wakeUp();
      },
    });
    const settler = new Settler(steady, rejections, budget);
    this.#burials = burials;
    this.#lanes = lanes;
    this.#schedule = schedule;
    this.#settler = settler;
    this.#memory = new Memory(steady, { lanes, schedule, settler, budget, burials });
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

  /** What blocked it may be over. */
  probeSoon(): void {
    this.#schedule.probeBlocked(this.#clock.now());
    this.#wakeUp();
  }

  /** The journal gave a record up. */
  evicted(position: Position, items: number, code: ReasonCode, record?: JournalRecord): void {
    this.#memory.evicted(position, items, code, record);
  }

  /** Other processes have these records now; returned is what is on the way. */
  handOver(positions: ReadonlySet<Position>, openItems: (position: Position) => number) {
    this.#holds.forget(positions);
    return this.#memory.handOver(positions, openItems);
  }

  /** When a partition that does not take data is tried again; undefined while all do. */
  get retryAtMs(): number | undefined {
    const limits = this.#options.exporter.limits;
    const failing = [...this.#schedule.all()].filter((partition) => partition.isFailing);
    const dueAtMs = Math.min(...failing.map((one) => one.dueAtMs(limits) ?? Number.POSITIVE_INFINITY));
    return Number.isFinite(dueAtMs) ? dueAtMs - this.#clock.now() + this.#options.clock.now() : undefined;
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      this.#isAwake = false;
      const filled = await this.#fill();
      this.#dispatch();
      if (filled === 'more') await endOfTurn();
      else if (this.#isFlushing && this.#isDone(filled)) break;
      else await this.#sleep();
    }
    while (this.#inFlight > 0) await this.#sleep();
    await this.#burials.stop();
    this.#memory.dropEvicted();
  }

  /** Reads and encodes a turn's worth while there is room. `all`: nothing is left to read. */
  async #fill(): Promise<'all' | 'full' | 'more'> {
    this.#schedule.forgetIdle();
    if ((await this.#memory.unpark()) || (await this.#unhold())) return 'more';
    const nowMs = this.#options.clock.now();
    if (this.#schedule.isLate(nowMs)) this.#lanes.open(nowMs);
    else if (this.#schedule.isBacklogSent()) this.#lanes.closeWhenMet();
    for (let bytes = 0; bytes < BYTES_PER_TURN; ) {
      const next = await this.#next();
      if (!next) return this.#memory.hasRoom && this.#holds.size === 0 ? 'all' : 'full';
      if (!this.#hold(next)) await this.#load(next);
      bytes += next.read.record.payload.length;
    }
    return 'more';
  }

  /** Live data first: of that, no more is taken than goes out soon. */
  async #next(): Promise<Laned | undefined> {
    if (this.#isStopped || (this.#isFlushing && this.#options.journal.isShared)) return undefined;
    const nowMs = this.#options.clock.now();
    const isLoaded = (position: Position) => this.#memory.has(position) || this.#holds.has(position);
    if (this.#holds.isFull) return undefined;
    if (this.#lanes.areTwo && this.#memory.hasRoomForLive) {
      const live = await this.#lanes.nextLive(nowMs, isLoaded);
      if (live) return live;
    }
    if (!this.#memory.hasRoom && !this.#memory.parkFailing()) return undefined;
    return this.#lanes.nextMain(nowMs, isLoaded);
  }

  /** What is undecided when the process stops is decided after the next start; where nothing outlives the process, as it stands. */
  get #isFinal(): boolean {
    return this.#isFlushing && this.#options.journal.mode === 'memory';
  }

  /** True when the record is left alone for now. */
  #hold({ read }: Laned): boolean {
    const { exporter, clock } = this.#options;
    const isEarly = this.#memory.cameBackEarly(read.record.position);
    const asked = this.#isFinal ? undefined : exporter.holdUntilMs?.(read.record, this.#isFlushing);
    const untilMs = isEarly ? clock.now() + AGAIN_AFTER_HAND_OVER_MS : asked;
    if (untilMs === undefined || untilMs <= clock.now()) return false;
    if (!this.#isFlushing) this.#holds.add(read.record.position, untilMs);
    this.#lanes.forgo(read);
    return true;
  }

  async #load({ read, lane }: Laned): Promise<void> {
    const untilMs = await this.#memory.load(read, lane, { isFinal: this.#isFinal });
    if (untilMs !== undefined && !this.#isFlushing) this.#holds.add(read.record.position, untilMs);
  }

  /** Brings one back whose time has come. */
  async #unhold(): Promise<boolean> {
    if (this.#holds.size === 0 || !this.#memory.hasRoom) return false;
    const isBusy = (position: Position) => this.#memory.has(position);
    const position = this.#holds.takeDue(this.#isFlushing, isBusy);
    if (position === undefined) return false;
    const read = await this.#lanes.read(position);
    const back: Laned | undefined = read && { read, lane: 'main' };
    // Its time has come, unless it is on its way to another process, or comes back because this one stops.
    const isAgain = this.#isFlushing || this.#memory.cameBackEarly(position);
    if (back && !(isAgain && this.#hold(back))) await this.#load(back);
    return true;
  }

  #dispatch(): void {
    const { exporter } = this.#options;
    while (this.#inFlight < exporter.limits.concurrency && !this.#isStopped) {
      const next = this.#schedule.next(this.#clock.now(), this.#isFlushing);
      if (!next) return;
      void this.#send(next.partition, next.batch);
    }
  }

  async #send(partition: Partition<T>, batch: Batch<T>): Promise<void> {
    this.#inFlight += 1;
    partition.inFlight += 1;
    try {
      const wasBlocked = partition.state === 'blocked';
      const result = await this.#settler.send(batch, this.#abort.signal);
      if (this.#isStopped && result.status === 'retryable') return;
      const settled = await this.#settler.apply(partition, batch, result);
      this.#memory.release(settled);
      if (wasBlocked && !partition.isFailing) this.#schedule.probeBlocked(this.#clock.now());
      this.#reportState();
    } catch (error) {
      this.#options.onError(error as Error);
      this.#sendAgain(partition, batch);
    } finally {
      this.#inFlight -= 1;
      partition.inFlight -= 1;
      this.#wakeUp();
    }
  }

  /** Whatever went wrong, what is not settled goes out again. What is may not: its bytes may be another record's by now. */
  #sendAgain(partition: Partition<T>, batch: Batch<T>): void {
    const isSettled = ({ loaded, item: { sources } }: Entry<T>) =>
      loaded.isRangeSettled(sources.from, sources.to);
    const open = batch.entries.filter((entry) => !isSettled(entry));
    this.#memory.release(batch.entries.filter(isSettled));
    const notBeforeMs = this.#clock.now() + AGAIN_AFTER_BUG_MS;
    if (open.length > 0) partition.returned.push({ ...batch, entries: open, notBeforeMs });
  }

  #reportState(): void {
    const { ledger, destination, clock } = this.#options;
    const { state, reason } = worstOf(this.#schedule.all(), this.#memory.isCrowded);
    ledger.setState(destination, state, reason, clock.now());
  }

  /** While flushing: done when nothing is left, or when what is left cannot go out and is safe on disk. */
  #isDone(filled: 'all' | 'full'): boolean {
    if (this.#inFlight > 0) return false;
    const partitions = [...this.#schedule.all()];
    const openWork = partitions.some((p) => !p.isFailing && !p.isIdle);
    const failingWork = partitions.some((p) => p.isFailing && !p.isIdle);
    if (openWork) return false;
    return failingWork ? this.#options.journal.mode !== 'memory' : filled === 'all';
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
    const hasSlot = this.#inFlight < this.#options.exporter.limits.concurrency;
    const sendAtMs = hasSlot ? this.#schedule.dueAtMs() : Number.POSITIVE_INFINITY;
    const dueAtMs = Math.min(sendAtMs, this.#memory.hasRoom ? this.#holds.nextAtMs() : sendAtMs);
    await new Promise<void>((resolve) => {
      const cancel = Number.isFinite(dueAtMs)
        ? this.#clock.schedule(Math.max(0, dueAtMs - this.#clock.now()), resolve)
        : undefined;
      this.#wake = () => {
        cancel?.();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}
