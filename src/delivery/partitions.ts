// Part of delivery: what may share a request, and how it fares. Batching, backoff and blocking are per partition.
import type { Random } from '../model/clock.ts';
import { Ranges } from '../model/ranges.ts';
import type { Reason } from '../model/reasons.ts';
import { type Batch, createBatch, type Entry, EntryQueue } from './batcher.ts';
import type { BatchLimits } from './exporter.ts';
import { BLOCKED_PROBE_MS, backoffMs } from './retry.ts';

export class Partition<T> {
  readonly key: string;
  readonly queue = new EntryQueue<T>();
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
  #lastProbe: Batch<T> | undefined;

  constructor(key: string) {
    this.key = key;
  }

  get isFailing(): boolean {
    return this.state !== 'open';
  }

  get hasWork(): boolean {
    return this.queue.length > 0 || this.returned.length > 0;
  }

  get isIdle(): boolean {
    return !this.hasWork && this.inFlight === 0 && this.parked.runs === 0;
  }

  /** True when the next thing to do is to see whether the vendor takes data again. */
  isProbeDue(nowMs: number): boolean {
    return this.isFailing && this.inFlight === 0 && nowMs >= this.#notBeforeMs;
  }

  /** The next request that may go out now. `flush` sends what waits for company. */
  nextBatch(limits: BatchLimits, nowMs: number, flush: boolean): Batch<T> | undefined {
    if (this.isFailing) return this.isProbeDue(nowMs) ? this.#takeProbe(limits) : undefined;
    const due = this.returned.findIndex((batch) => batch.notBeforeMs <= nowMs);
    if (due >= 0) return this.returned.splice(due, 1)[0];
    const waitedMs = nowMs - (this.queue.oldestQueuedAtMs ?? nowMs);
    const isReady = this.queue.isFull(limits) || flush || waitedMs >= limits.maxWaitMs;
    return isReady && this.queue.length > 0 ? createBatch(this.queue.take(limits)) : undefined;
  }

  /** When `nextBatch` may have something that it has not now; undefined when only an event can change that. */
  dueAtMs(limits: BatchLimits): number | undefined {
    if (this.isFailing)
      return this.inFlight === 0 && (this.hasWork || this.parked.runs > 0) ? this.#notBeforeMs : undefined;
    const times = this.returned.map((batch) => batch.notBeforeMs);
    if (this.queue.oldestQueuedAtMs !== undefined) times.push(this.queue.oldestQueuedAtMs + limits.maxWaitMs);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  succeed(): void {
    this.successes += 1;
    this.#failures = 0;
    this.#lastProbe = undefined;
    this.state = 'open';
    this.reason = null;
  }

  fail(reason: Reason, retryAfterMs: number | undefined, nowMs: number, random: Random): void {
    // Requests that were in flight together fail together: that is one failure.
    if (this.state !== 'retrying' || nowMs >= this.#notBeforeMs) this.#failures += 1;
    this.state = 'retrying';
    this.reason = reason;
    this.#notBeforeMs = Math.max(this.#notBeforeMs, nowMs + backoffMs(this.#failures, retryAfterMs, random));
  }

  block(reason: Reason, nowMs: number): void {
    this.state = 'blocked';
    this.reason = reason;
    this.#notBeforeMs = nowMs + BLOCKED_PROBE_MS;
  }

  /** Takes everything that waits out of memory: only the positions are kept. */
  park(): readonly Entry<T>[] {
    const waiting = [...this.returned.flatMap((batch) => batch.entries), ...this.queue.takeAll()];
    this.returned = [];
    for (const entry of waiting) this.parked.add(entry.item.sources.position);
    return waiting;
  }

  /** One batch at a time while the vendor is down, and a different one each time: the first may be what breaks it. */
  #takeProbe(limits: BatchLimits): Batch<T> | undefined {
    const first = this.returned[0];
    const isRepeat = first !== undefined && first === this.#lastProbe;
    const takesFresh = this.queue.length > 0 && (first === undefined || isRepeat);
    const probe = takesFresh ? createBatch(this.queue.take(limits)) : this.returned.shift();
    this.#lastProbe = probe;
    return probe;
  }
}
