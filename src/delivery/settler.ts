// Part of delivery: what encoding and the vendor's answer mean for each source item, and for the partition.
import type { Reason } from '../model/reasons.ts';
import type { JournalRecord } from '../model/signals.ts';
import { type Batch, createBatch, type Entry, weight, weightOf } from './batcher.ts';
import { halve, isHopeless, singles, takeApart } from './bisect.ts';
import type { Budget } from './budget.ts';
import type { Bury } from './bury.ts';
import type { Encoded, ExportResult, Refusal, VendorAnswer } from './exporter.ts';
import type { LoadedRecord, Verdict } from './loaded.ts';
import type { DeliveryOptions } from './loop.ts';
import type { Partition } from './partitions.ts';
import { backoffMs, GIVE_UP_AFTER_MS, GIVE_UP_ATTEMPTS, LONELY_FAILURES_TO_ISOLATE } from './retry.ts';

type Delivered = Extract<ExportResult, { status: 'delivered' }>;
type Retryable = Extract<ExportResult, { status: 'retryable' }>;

const DELIVERED: Verdict = { outcome: 'delivered' };

export class Settler<T> {
  readonly #options: DeliveryOptions<T>;
  readonly #bury: Bury;
  readonly #budget: Budget;

  constructor(options: DeliveryOptions<T>, bury: Bury, budget: Budget) {
    this.#options = options;
    this.#bury = bury;
    this.#budget = budget;
  }

  /** A record that cannot be decoded is refused whole: it must not stop what comes behind it. */
  encode(record: JournalRecord): Encoded<T> {
    try {
      return this.#options.exporter.encode(record);
    } catch (error) {
      const message = `the record could not be decoded: ${(error as Error).message}`;
      const reason: Reason = {
        code: 'undecodable',
        message,
        fix: 'Look at the dead letter; the client sent bytes that its protocol does not allow.',
      };
      return { items: [], skipped: [], rejected: [{ from: 0, to: record.summary.items, reason }] };
    }
  }

  /** Settles what encoding decided. Dead letters come first. */
  async settleEncoded(record: JournalRecord, loaded: LoadedRecord, encoded: Encoded<T>): Promise<void> {
    for (const { from, to, reason } of encoded.rejected) {
      if (loaded.isRangeSettled(from, to)) continue;
      if (!(await this.#bury({ position: record.position, from, to }, reason, null))) return;
      loaded.settleAside(from, to, { outcome: 'rejected', code: reason.code });
    }
    for (const { from, to, code } of encoded.skipped)
      loaded.settleAside(from, to, { outcome: 'skipped', code });
    loaded.settleUnused({ outcome: 'skipped', code: 'not_applicable' });
  }

  async send(batch: Batch<T>, signal: AbortSignal): Promise<ExportResult> {
    try {
      return await this.#options.exporter.send(
        batch.entries.map((entry) => entry.item),
        signal,
      );
    } catch (error) {
      this.#options.onError(error as Error);
      const message = `sending failed inside sidecast: ${(error as Error).message}`;
      const reason: Reason = {
        code: 'internal',
        message,
        fix: 'Please report this; the data is kept and sent again.',
      };
      return { status: 'retryable', reason, counts: true };
    }
  }

  /** Applies the answer; returns the entries that are done with. The others wait in `partition.returned`. */
  async apply(partition: Partition<T>, batch: Batch<T>, result: ExportResult): Promise<readonly Entry<T>[]> {
    switch (result.status) {
      case 'delivered':
        return this.#applyDelivered(partition, batch, result);
      case 'retryable':
        return this.#applyRetryable(partition, batch, result);
      case 'blocked':
        partition.block(result.reason, this.#options.clock.now());
        partition.giveBack(batch);
        return [];
      case 'rejected':
        partition.succeed(this.#options.clock.now());
        return this.#takeApart(partition, batch, result.reason, result.vendor ?? null);
    }
  }

  async #applyDelivered(
    partition: Partition<T>,
    batch: Batch<T>,
    result: Delivered,
  ): Promise<readonly Entry<T>[]> {
    if (result.anonymous) {
      partition.succeed(this.#options.clock.now());
      return this.#applyAnonymous(batch, result.anonymous);
    }
    const named = new Map<Entry<T>, Refusal>();
    for (const refusal of result.refused) {
      const entry = batch.entries[refusal.index];
      if (entry && !named.has(entry)) named.set(entry, refusal);
    }
    const again = batch.entries.filter((entry) => named.get(entry)?.retryable);
    // Refusals without an answer are the exporter's own: they say nothing about the vendor.
    const wasAsked = batch.entries.some((entry) => named.get(entry)?.vendor !== null);
    if (wasAsked && again.length < batch.entries.length) partition.succeed(this.#options.clock.now());
    for (const entry of batch.entries) {
      const refusal = named.get(entry);
      if (!refusal) resolve(entry, DELIVERED);
      else if (!refusal.retryable) await this.#reject(entry, refusal.reason, refusal.vendor);
    }
    const [first] = again;
    const why = first && named.get(first);
    if (!why) return batch.entries;
    const done = await this.#sendAgain(partition, batch, again, why);
    return batch.entries.filter((entry) => !again.includes(entry) || done.includes(entry));
  }

  /** What the vendor refused for now, item by item, is a batch of its own that failed. Returns what is done with. */
  #sendAgain(
    partition: Partition<T>,
    batch: Batch<T>,
    again: readonly Entry<T>[],
    { reason, vendor }: Refusal,
  ): Promise<readonly Entry<T>[]> {
    const rest = createBatch(again, batch);
    // Others of the same request were taken.
    if (again.length < batch.entries.length) rest.successesAtFailure = partition.successes - 1;
    const counts = reason.code !== 'throttled';
    const result: Retryable = { status: 'retryable', reason, counts, ...(vendor ? { vendor } : {}) };
    return this.#applyRetryable(partition, rest, result);
  }

  /** "n rejected" without names: n items count as rejected, and the whole request is kept as suspect. */
  async #applyAnonymous(
    batch: Batch<T>,
    answer: { items: number; message: string },
  ): Promise<readonly Entry<T>[]> {
    const reason: Reason = {
      code: 'vendor_anonymous',
      message: `the vendor refused ${answer.items} items of a request and did not say which: ${answer.message}`,
      fix: 'Look at the suspect dead letter; it is not replayed by default.',
    };
    let left = answer.items;
    for (const entry of batch.entries) {
      const vendor = { status: 200, body: answer.message };
      if (!(await this.#bury(entry.item.sources, reason, vendor, true))) return batch.entries;
      const { from, to } = entry.item.sources;
      const refused = Math.min(left, weight(entry.item));
      left -= refused;
      if (refused > 0)
        entry.loaded.resolve(from, from + refused, { outcome: 'rejected', code: 'vendor_anonymous' });
      if (from + refused < to) entry.loaded.resolve(from + refused, to, DELIVERED);
    }
    return batch.entries;
  }

  async #applyRetryable(
    partition: Partition<T>,
    batch: Batch<T>,
    result: Retryable,
  ): Promise<readonly Entry<T>[]> {
    const { clock, random } = this.#options;
    const nowMs = clock.now();
    const othersSucceed =
      batch.successesAtFailure !== undefined && partition.successes > batch.successesAtFailure;
    batch.attempts += result.counts ? 1 : 0;
    batch.firstFailedAtMs ??= nowMs;
    batch.successesAtFailure = partition.successes;
    if (result.counts && othersSucceed) {
      // The vendor is well, this batch is not. It waits by itself and holds nobody up.
      batch.lonelyFailures += 1;
      this.#budget.setAside(batch.entries);
      if (batch.isolated || batch.lonelyFailures >= LONELY_FAILURES_TO_ISOLATE)
        return this.#isolate(partition, batch, result.reason, result.vendor ?? null);
      partition.returned.push(this.#postponed(batch));
    } else if (batch.isolated && !partition.isFailing) {
      // That this one fails again says nothing about the vendor.
      partition.returned.push(this.#postponed(batch));
    } else {
      partition.fail(result.reason, result.retryAfterMs, nowMs, random);
      partition.giveBack(batch);
    }
    return [];
  }

  /** The side lane: halves are tried by themselves until one item is left, which is given up after long enough. */
  async #isolate(
    partition: Partition<T>,
    batch: Batch<T>,
    reason: Reason,
    vendor: VendorAnswer | null,
  ): Promise<readonly Entry<T>[]> {
    batch.isolated = true;
    const halves = halve(batch, this.#options.exporter);
    if (halves) {
      partition.returned.push(...halves.map((half) => this.#postponed(half)));
      return [];
    }
    const failedForMs = this.#options.clock.now() - (batch.firstFailedAtMs ?? 0);
    if (batch.lonelyFailures < GIVE_UP_ATTEMPTS || failedForMs < GIVE_UP_AFTER_MS) {
      partition.returned.push(this.#postponed(batch));
      return [];
    }
    const message = `failed ${batch.lonelyFailures} times over ${Math.round(failedForMs / 60_000)} minutes while others succeeded: ${reason.message}`;
    const final: Reason = { code: 'vendor_error', message, fix: 'Look at the dead letter, then replay it.' };
    for (const entry of batch.entries) await this.#reject(entry, final, vendor);
    return batch.entries;
  }

  /** The request can never succeed as it is: it is taken apart until the items are found that make it so. */
  async #takeApart(
    partition: Partition<T>,
    batch: Batch<T>,
    reason: Reason,
    vendor: VendorAnswer | null,
  ): Promise<readonly Entry<T>[]> {
    const { exporter } = this.#options;
    const hunt = batch.hunt ?? { items: weightOf(batch.entries), bad: 0 };
    batch.hunt = hunt;
    const parts = takeApart(batch, hunt, exporter);
    if (parts.length > 1) {
      partition.returned.unshift(...parts);
      return [];
    }
    for (const entry of batch.entries) await this.#reject(entry, reason, vendor);
    hunt.bad += weightOf(batch.entries);
    if (isHopeless(hunt))
      partition.returned = partition.returned.flatMap((other) =>
        other.hunt === hunt ? singles(other, exporter) : [other],
      );
    return batch.entries;
  }

  async #reject(entry: Entry<T>, reason: Reason, vendor: VendorAnswer | null): Promise<void> {
    if (await this.#bury(entry.item.sources, reason, vendor))
      resolve(entry, { outcome: 'rejected', code: reason.code });
  }

  #postponed(batch: Batch<T>): Batch<T> {
    const { clock, random } = this.#options;
    const waitMs = backoffMs(Math.max(1, batch.attempts), undefined, random);
    return { ...batch, isProbe: false, notBeforeMs: clock.now() + waitMs };
  }
}

function resolve<T>(entry: Entry<T>, verdict: Verdict): void {
  entry.loaded.resolve(entry.item.sources.from, entry.item.sources.to, verdict);
}
