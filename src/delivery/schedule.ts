// Part of delivery: whose turn it is. Lanes alternate, so that each has half of the requests while both have work; partitions rotate.
import type { Batch } from './batcher.ts';
import type { Exporter } from './exporter.ts';
import { LATE_MS, type Lane } from './lanes.ts';
import { Partition } from './partitions.ts';

/** Partitions that are not looked at to be forgotten. */
const REMEMBERED = 64;

export class Schedule<T> {
  readonly #exporter: Exporter<T>;
  readonly #partitions = new Map<string, Partition<T>>();
  /** Who was served last stands at the end of its lane's line. */
  readonly #lines: Readonly<Record<Lane, Set<Partition<T>>>> = { main: new Set(), live: new Set() };
  #turn: Lane = 'live';
  #rememberedMax = REMEMBERED;

  constructor(exporter: Exporter<T>) {
    this.#exporter = exporter;
  }

  get(key: string): Partition<T> {
    const known = this.#partitions.get(key);
    if (known) return known;
    const partition = new Partition<T>();
    this.#partitions.set(key, partition);
    for (const line of Object.values(this.#lines)) line.add(partition);
    return partition;
  }

  all(): IterableIterator<Partition<T>> {
    return this.#partitions.values();
  }

  /** Partitions may be named by what clients send: those with nothing to do are forgotten when there are many. */
  forgetIdle(): void {
    if (this.#partitions.size <= this.#rememberedMax) return;
    for (const [key, partition] of this.#partitions) {
      if (!partition.isIdle || partition.isFailing) continue;
      this.#partitions.delete(key);
      for (const line of Object.values(this.#lines)) line.delete(partition);
    }
    this.#rememberedMax = Math.max(REMEMBERED, 2 * this.#partitions.size);
  }

  /** The next request that may go out now. */
  next(nowMs: number, flush: boolean): { partition: Partition<T>; batch: Batch<T> } | undefined {
    const other: Lane = this.#turn === 'live' ? 'main' : 'live';
    return this.#nextOf(this.#turn, nowMs, flush) ?? this.#nextOf(other, nowMs, flush);
  }

  /** When `next` may have something that it has not now. */
  dueAtMs(): number {
    let dueAtMs = Number.POSITIVE_INFINITY;
    for (const partition of this.all())
      dueAtMs = Math.min(dueAtMs, partition.dueAtMs(this.#exporter.limits) ?? Number.POSITIVE_INFINITY);
    return dueAtMs;
  }

  /** True when nothing at all can go out but probes. */
  get isDown(): boolean {
    for (const { isFailing } of this.all()) if (!isFailing) return false;
    return this.#partitions.size > 0;
  }

  /** True when something that could go out has waited too long for that. */
  isLate(nowMs: number): boolean {
    const oldestMs = nowMs - this.#exporter.limits.maxWaitMs - LATE_MS;
    for (const { isFailing, queues } of this.all()) {
      const { front } = queues.main;
      if (front && !isFailing && front.loaded.receivedAtMs < oldestMs) return true;
    }
    return false;
  }

  /** True when as much waits in a lane, and can go out, as can be on its way at once. */
  isAmple(lane: Lane): boolean {
    const { maxItems, maxBytes, concurrency } = this.#exporter.limits;
    let items = 0;
    let bytes = 0;
    for (const { isFailing, queues } of this.all()) {
      if (isFailing) continue;
      items += queues[lane].items;
      bytes += queues[lane].bytes;
    }
    return items >= maxItems * concurrency || bytes >= maxBytes * concurrency;
  }

  /** True when nothing of the main lane waits but what cannot go out. */
  isBacklogSent(): boolean {
    for (const { isFailing, queues } of this.all()) if (!isFailing && queues.main.length > 0) return false;
    return true;
  }

  /** The vendor takes data that it had refused: perhaps all of it, so there is no need to wait for the next probe. */
  probeBlocked(nowMs: number): void {
    for (const partition of this.all()) partition.probeSoon(nowMs);
  }

  #nextOf(
    lane: Lane,
    nowMs: number,
    flush: boolean,
  ): { partition: Partition<T>; batch: Batch<T> } | undefined {
    const line = this.#lines[lane];
    for (const partition of line) {
      const batch = partition.nextBatch(lane, this.#exporter, nowMs, flush);
      if (!batch) continue;
      line.delete(partition);
      line.add(partition);
      this.#turn = lane === 'live' ? 'main' : 'live';
      return { partition, batch };
    }
    return undefined;
  }
}
