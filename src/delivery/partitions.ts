// Part of delivery: what may share a request, and how it fares. Batching, backoff and blocking are per partition.
import type { Random } from '../model/clock.ts';
import { Ranges } from '../model/ranges.ts';
import type { Reason } from '../model/reasons.ts';
import type { Position } from '../model/signals.ts';
import { type Batch, createBatch, type Entry, EntryQueue, weightOf } from './batcher.ts';
import { divide } from './bisect.ts';
import type { BatchLimits, Exporter } from './exporter.ts';
import { LATE_MS, type Lane } from './lanes.ts';
import { BLOCKED_PROBE_MS, backoffMs } from './retry.ts';

/** A probe asks whether the vendor takes data, so it is small: a refusal costs little, and a bad item is hardly in it. */
const PROBE_ITEMS = 10;
const PROBE_BYTES = 65_536;

export class Partition<T> {
  readonly queues: Readonly<Record<Lane, EntryQueue<T>>> = { main: new EntryQueue(), live: new EntryQueue() };
  /** Batches that failed and will be sent again. */
  returned: Batch<T>[] = [];
  /** Records whose items of this partition are not in memory. */
  readonly parked = new Ranges();
  state: 'open' | 'retrying' | 'blocked' = 'open';
  reason: Reason | null = null;
  inFlight = 0;
  successes = 0;
  #failures = 0;
  #notBeforeMs = 0;
  /** Whether the next probe is of items that were not tried yet. */
  #probesFresh = false;

  get isFailing(): boolean {
    return this.state !== 'open';
  }

  get hasWork(): boolean {
    return this.queues.main.length > 0 || this.queues.live.length > 0 || this.returned.length > 0;
  }

  get isIdle(): boolean {
    return !this.hasWork && this.inFlight === 0 && this.parked.runs === 0;
  }

  /** True when the next thing to do is to see whether the vendor takes data again. */
  isProbeDue(nowMs: number): boolean {
    return this.isFailing && this.inFlight === 0 && nowMs >= this.#notBeforeMs;
  }

  /** The next request of a lane that may go out now. `flush` sends what waits for company. What failed goes with the backlog. */
  nextBatch(lane: Lane, exporter: Exporter<T>, nowMs: number, flush: boolean): Batch<T> | undefined {
    const { limits } = exporter;
    if (this.isFailing)
      return lane === 'main' && this.isProbeDue(nowMs) ? this.#takeProbe(exporter) : undefined;
    if (lane === 'main') {
      const due = this.returned.findIndex((batch) => batch.notBeforeMs <= nowMs);
      if (due >= 0) return this.returned.splice(due, 1)[0];
    }
    const queue = this.queues[lane];
    if (!queue.front) return undefined;
    const isReady = queue.isFull(limits) || flush || nowMs - queue.front.queuedAtMs >= limits.maxWaitMs;
    return isReady ? createBatch(queue.take(limits, exporter.groupOf)) : undefined;
  }

  /** When `nextBatch` may have something that it has not now; undefined when only an event can change that. */
  dueAtMs({ maxWaitMs }: BatchLimits): number | undefined {
    if (this.isFailing)
      return this.inFlight === 0 && (this.hasWork || this.parked.runs > 0) ? this.#notBeforeMs : undefined;
    const times = this.returned.map((batch) => batch.notBeforeMs);
    for (const { front } of [this.queues.main, this.queues.live])
      if (front) times.push(front.queuedAtMs + maxWaitMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  succeed(nowMs: number): void {
    this.successes += 1;
    this.#failures = 0;
    this.state = 'open';
    this.reason = null;
    // What was live when it was loaded may have waited long for this.
    const { front } = this.queues.live;
    if (front && nowMs - front.queuedAtMs > LATE_MS) this.#lineUp(this.queues.live.takeAll());
  }

  fail(reason: Reason, retryAfterMs: number | undefined, nowMs: number, random: Random): void {
    // Requests that were in flight together fail together: that is one failure.
    if (this.state !== 'retrying' || nowMs >= this.#notBeforeMs) this.#failures += 1;
    this.#close('retrying', reason);
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + backoffMs(this.#failures, retryAfterMs, random));
  }

  block(reason: Reason, nowMs: number): void {
    this.#close('blocked', reason);
    this.#notBeforeMs = nowMs + BLOCKED_PROBE_MS;
  }

  probeSoon(nowMs: number): void {
    if (this.state === 'blocked') this.#notBeforeMs = nowMs;
  }

  /** A batch that the vendor did not take now. A probe's items line up again, so that the next probe has others. */
  giveBack(batch: Batch<T>): void {
    if (batch.isProbe) this.#lineUp(batch.entries);
    else this.returned.push(batch);
  }

  /** Takes everything that waits out of memory: only the positions are kept. */
  park(): readonly Entry<T>[] {
    const { main, live } = this.queues;
    const waiting = [
      ...this.returned.flatMap((batch) => batch.entries),
      ...main.takeAll(),
      ...live.takeAll(),
    ];
    this.returned = [];
    for (const entry of waiting) this.parked.add(entry.item.sources.position);
    return waiting;
  }

  /** Takes what waits of these records out of memory and forgets it. What is in flight comes back. */
  takeOut(positions: ReadonlySet<Position>): readonly Entry<T>[] {
    const isTheirs = ({ item }: Entry<T>) => positions.has(item.sources.position);
    const returned = this.returned.flatMap(({ entries }) => entries.filter(isTheirs));
    if (returned.length > 0)
      this.returned = this.returned.flatMap((batch) => {
        const entries = batch.entries.filter((entry) => !isTheirs(entry));
        return entries.length > 0 ? [{ ...batch, entries }] : [];
      });
    for (const position of positions) this.parked.delete(position);
    return [...returned, ...this.queues.main.takeOut(isTheirs), ...this.queues.live.takeOut(isTheirs)];
  }

  #close(state: 'retrying' | 'blocked', reason: Reason): void {
    // What failed just now may be what breaks it.
    if (!this.isFailing) this.#probesFresh = true;
    this.state = state;
    this.reason = reason;
  }

  #lineUp(entries: readonly Entry<T>[]): void {
    for (const entry of entries) this.queues.main.push(entry);
  }

  /** One small batch at a time while the vendor is down, and a different one each time: what failed and what is fresh, in turn. */
  #takeProbe(exporter: Exporter<T>): Batch<T> | undefined {
    const { limits, groupOf } = exporter;
    const { main, live } = this.queues;
    const fresh = main.front ? main : live;
    const takesFresh = fresh.length > 0 && (this.#probesFresh || this.returned.length === 0);
    this.#probesFresh = !takesFresh;
    if (takesFresh) {
      const maxItems = Math.min(PROBE_ITEMS, limits.maxItems);
      const maxBytes = Math.min(PROBE_BYTES, limits.maxBytes);
      const batch = createBatch(fresh.take({ ...limits, maxItems, maxBytes }, groupOf));
      return { ...this.#cut(batch, exporter, (rest) => this.#lineUp(rest.entries)), isProbe: true };
    }
    const batch = this.returned.shift();
    // A batch in the side lane is suspected already: it is tried as it is.
    return !batch || batch.isolated ? batch : this.#cut(batch, exporter, (rest) => this.returned.push(rest));
  }

  /** Small enough for a probe; the rest goes back. */
  #cut(batch: Batch<T>, exporter: Exporter<T>, putBack: (rest: Batch<T>) => void): Batch<T> {
    const items = weightOf(batch.entries);
    const bytes = batch.entries.reduce((sum, { item }) => sum + item.bytes, 0);
    const fitting = Math.min(PROBE_ITEMS, Math.floor((items * PROBE_BYTES) / bytes));
    const [front, back] = divide(batch.entries, Math.max(1, fitting), exporter);
    if (front.length === 0 || back.length === 0) return batch;
    putBack(createBatch(back, batch));
    return { ...createBatch(front, batch), isProbe: true };
  }
}
