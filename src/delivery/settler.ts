// Part of delivery: what encoding and the vendor's answer mean for each source item, and for the partition.
import type { JournalReader } from '../journal/journal.ts';
import type { Reason } from '../model/reasons.ts';
import type { JournalRecord } from '../model/signals.ts';
import { type Batch, createBatch, type Entry, weight } from './batcher.ts';
import { halve } from './bisect.ts';
import { deadLettersOf, suspectLetterOf } from './dead-letters.ts';
import type { Encoded, ExportResult, ItemRange, VendorAnswer } from './exporter.ts';
import type { LoadedRecord, Verdict } from './loaded.ts';
import type { DeliveryOptions } from './loop.ts';
import type { Partition } from './partitions.ts';
import { backoffMs, GIVE_UP_AFTER_MS, GIVE_UP_ATTEMPTS, LONELY_FAILURES_TO_ISOLATE } from './retry.ts';

type Delivered = Extract<ExportResult, { status: 'delivered' }>;
type Retryable = Extract<ExportResult, { status: 'retryable' }>;

const DELIVERED: Verdict = { outcome: 'delivered' };

export class Settler<T> {
  readonly #options: DeliveryOptions<T>;
  readonly #reader: JournalReader;

  constructor(options: DeliveryOptions<T>, reader: JournalReader) {
    this.#options = options;
    this.#reader = reader;
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
      await this.#bury({ position: record.position, from, to }, reason, null);
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
        partition.succeed();
        return this.#applyDelivered(partition, batch, result);
      case 'retryable':
        return this.#applyRetryable(partition, batch, result);
      case 'blocked':
        partition.block(result.reason, this.#options.clock.now());
        partition.returned.push(batch);
        return [];
      case 'rejected':
        partition.succeed();
        return this.#takeApart(partition, batch, result.reason, result.vendor ?? null);
    }
  }

  async #applyDelivered(
    partition: Partition<T>,
    batch: Batch<T>,
    result: Delivered,
  ): Promise<readonly Entry<T>[]> {
    if (result.anonymous) return this.#applyAnonymous(batch, result.anonymous);
    const again = new Set<Entry<T>>();
    const refused = new Set<Entry<T>>();
    for (const { index, retryable, reason, vendor } of result.refused) {
      const entry = batch.entries[index];
      if (!entry || refused.has(entry)) continue;
      if (retryable) again.add(entry);
      else {
        refused.add(entry);
        await this.#reject(entry, reason, vendor);
      }
    }
    if (again.size > 0) partition.returned.push(this.#postponed(createBatch([...again], batch)));
    const done = batch.entries.filter((entry) => !again.has(entry));
    for (const entry of done) if (!refused.has(entry)) resolve(entry, DELIVERED);
    return done;
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
      await this.#bury(entry.item.sources, reason, { status: 200, body: answer.message }, true);
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
    const isLonely =
      result.counts &&
      batch.successesAtFailure !== undefined &&
      partition.successes > batch.successesAtFailure;
    batch.attempts += result.counts ? 1 : 0;
    batch.firstFailedAtMs ??= nowMs;
    batch.successesAtFailure = partition.successes;
    if (!isLonely) {
      partition.fail(result.reason, result.retryAfterMs, nowMs, random);
      partition.returned.push(batch);
      return [];
    }
    // Others succeed: the vendor is well, this batch is not. It waits by itself and holds nobody up.
    batch.lonelyFailures += 1;
    if (batch.isolated || batch.lonelyFailures >= LONELY_FAILURES_TO_ISOLATE) {
      return this.#isolate(partition, batch, result.reason, result.vendor ?? null);
    }
    partition.returned.push(this.#postponed(batch));
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
    if (batch.attempts < GIVE_UP_ATTEMPTS || failedForMs < GIVE_UP_AFTER_MS) {
      partition.returned.push(this.#postponed(batch));
      return [];
    }
    const message = `failed ${batch.attempts} times over ${Math.round(failedForMs / 60_000)} minutes while others succeeded: ${reason.message}`;
    const final: Reason = { code: 'vendor_error', message, fix: 'Look at the dead letter, then replay it.' };
    for (const entry of batch.entries) await this.#reject(entry, final, vendor);
    return batch.entries;
  }

  /** The request can never succeed as it is: halve it until the one item is found that makes it so. */
  async #takeApart(
    partition: Partition<T>,
    batch: Batch<T>,
    reason: Reason,
    vendor: VendorAnswer | null,
  ): Promise<readonly Entry<T>[]> {
    const halves = halve(batch, this.#options.exporter);
    if (halves) {
      partition.returned.unshift(...halves);
      return [];
    }
    for (const entry of batch.entries) await this.#reject(entry, reason, vendor);
    return batch.entries;
  }

  async #reject(entry: Entry<T>, reason: Reason, vendor: VendorAnswer | null): Promise<void> {
    await this.#bury(entry.item.sources, reason, vendor);
    resolve(entry, { outcome: 'rejected', code: reason.code });
  }

  /** Writes the dead letter before anything is settled, so that a crash between the two repeats it rather than loses it. */
  async #bury(
    sources: ItemRange,
    reason: Reason,
    vendor: VendorAnswer | null,
    suspect = false,
  ): Promise<void> {
    const { destination, deadLetters, clock } = this.#options;
    const read = await this.#reader.read(sources.position);
    if (!read) return;
    const death = { destination, from: sources.from, to: sources.to, reason, vendor, deadAtMs: clock.now() };
    const letters = suspect ? [suspectLetterOf(read.record, death)] : deadLettersOf(read.record, death);
    await deadLetters.write(letters).catch((error: Error) => this.#options.onError(error));
  }

  #postponed(batch: Batch<T>): Batch<T> {
    const { clock, random } = this.#options;
    return { ...batch, notBeforeMs: clock.now() + backoffMs(Math.max(1, batch.attempts), undefined, random) };
  }
}

function resolve<T>(entry: Entry<T>, verdict: Verdict): void {
  entry.loaded.resolve(entry.item.sources.from, entry.item.sources.to, verdict);
}
