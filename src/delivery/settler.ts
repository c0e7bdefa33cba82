// Part of delivery: what encoding and the vendor's answer mean for each source item, and for the partition.
import type { Reason } from '../model/reasons.ts';
import type { JournalRecord } from '../model/signals.ts';
import { attemptOf } from './attempt.ts';
import { type Batch, createBatch, type Entry, weightOf } from './batcher.ts';
import { halve, isHopeless, singles, takeApart } from './bisect.ts';
import type { Budget } from './budget.ts';
import type { Asked, Encoded, ExportResult, Refusal, VendorAnswer } from './exporter.ts';
import { DELIVERED, type LoadedRecord, resolve } from './loaded.ts';
import type { DeliveryOptions } from './loop.ts';
import type { Partition } from './partitions.ts';
import type { Rejections } from './rejections.ts';
import { backoffMs, GIVE_UP_AFTER_MS, GIVE_UP_ATTEMPTS, LONELY_FAILURES_TO_ISOLATE } from './retry.ts';

type Delivered = Extract<ExportResult, { status: 'delivered' }>;
type Retryable = Extract<ExportResult, { status: 'retryable' }>;

export class Settler<T> {
  readonly #options: DeliveryOptions<T>;
  readonly #rejections: Rejections<T>;
  readonly #budget: Budget;

  constructor(options: DeliveryOptions<T>, rejections: Rejections<T>, budget: Budget) {
    this.#options = options;
    this.#rejections = rejections;
    this.#budget = budget;
  }

  /** A record that cannot be decoded is refused whole: it must not stop what comes behind it. */
  encode(record: JournalRecord, asked: Asked): Encoded<T> {
    try {
      return this.#options.exporter.encode(record, asked);
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
  async settleEncoded(loaded: LoadedRecord, encoded: Encoded<T>): Promise<void> {
    const refused = encoded.rejected
      .filter(({ from, to }) => !loaded.isRangeSettled(from, to))
      .map((one) => ({ ...one, vendor: null }));
    if (refused.length > 0) await this.#rejections.ofEncoding(loaded, refused);
    for (const { from, to, code, outcome = 'skipped' } of encoded.skipped)
      loaded.settleAside(from, to, { outcome, code });
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
    this.#options.ledger.attempted(attemptOf(this.#options, batch, result));
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
    const taken = batch.entries.filter((entry) => !named.has(entry));
    for (const entry of taken) resolve(entry, DELIVERED);
    const rejections = [...named].flatMap(([entry, { retryable, reason, vendor }]) =>
      retryable ? [] : [{ entry, reason, vendor }],
    );
    const buried = await this.#rejections.ofVendor(rejections);
    const [first] = again;
    const why = first && named.get(first);
    const done = why ? await this.#sendAgain(partition, batch, again, why) : [];
    return [...taken, ...buried, ...done];
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
    return this.#rejections.anonymous(batch.entries, answer, reason);
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
    return this.#rejections.ofVendor(batch.entries.map((entry) => ({ entry, reason: final, vendor })));
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
    hunt.bad += weightOf(batch.entries);
    if (isHopeless(hunt))
      partition.returned = partition.returned.flatMap((other) =>
        other.hunt === hunt ? singles(other, exporter) : [other],
      );
    return this.#rejections.ofVendor(batch.entries.map((entry) => ({ entry, reason, vendor })));
  }

  #postponed(batch: Batch<T>): Batch<T> {
    const { clock, random } = this.#options;
    const waitMs = backoffMs(Math.max(1, batch.attempts), undefined, random);
    return { ...batch, isProbe: false, notBeforeMs: clock.now() + waitMs };
  }
}
