// Part of the journal in Kafka: the outbox on this host's disk, which takes what comes while the brokers do not, and is emptied
// when they do.
import type { Clock } from '../../model/clock.ts';
import type { Accepted, DestinationId } from '../../model/signals.ts';
import type { Journal, JournalReader, ReadRecord } from '../journal.ts';
import { ItemTooLargeError, type Sender } from './sender.ts';

/** Kafka is the one reader of the outbox: its cursor is kept as a destination's. */
export const OUTBOX_READER = 'kafka' as string as DestinationId;

const AGAIN_MS = 1000;
/** So much is read and sent at a time: what arrives meanwhile goes before the rest. With 1 MiB the receiver grew by 20 MiB as it drained. */
const BATCH_BYTES = 256 * 1024;

export interface OutboxOptions {
  journal: Journal;
  sender: Pick<Sender, 'send'>;
  clock: Clock;
  keepMemory(writtenBytes: number): void;
  /** The brokers take data; or do not, and why. */
  tried(error: Error | undefined): void;
  /** A piece of a record that no message can hold. */
  tooLarge(part: Accepted): void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  #running: Promise<void> | undefined;
  #hasMore = true;
  #wake: () => void = () => undefined;
  #unsubscribe: () => void = () => undefined;
  #isStopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  start(): void {
    const { journal } = this.#options;
    this.#unsubscribe = journal.onAppend(() => {
      this.#hasMore = true;
      this.#wake();
    });
    this.#running = this.#run(journal.reader(OUTBOX_READER));
  }

  /** What is not sent by now waits for the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wake();
    this.#unsubscribe();
    await this.#running;
  }

  async #run(reader: JournalReader): Promise<void> {
    while (!this.#isStopped) {
      this.#hasMore = false;
      const batch = await readBatch(reader);
      if (batch.length > 0) await this.#send(batch);
      else if (!this.#hasMore) await this.#sleep();
    }
  }

  /** Until all is written. */
  async #send(batch: readonly ReadRecord[]): Promise<void> {
    for (let left = batch; !this.#isStopped; ) {
      const sent = await Promise.all(left.map((read) => this.#isSent(read)));
      left = left.filter((_, index) => !sent[index]);
      if (left.length === 0) return;
      await this.#sleep(AGAIN_MS);
    }
  }

  /** Where one piece was not written, all of the record is sent again: twice is better than never. */
  async #isSent({ record }: ReadRecord): Promise<boolean> {
    const { journal, sender, tried, tooLarge, keepMemory } = this.#options;
    keepMemory(record.payload.length);
    try {
      const parts = await sender.send(record);
      const failed = parts.find(({ error }) => error && !(error instanceof ItemTooLargeError));
      if (failed?.error) throw failed.error;
      for (const { part, error } of parts) if (error) tooLarge(part);
      tried(undefined);
      journal.settle(OUTBOX_READER, record.position, 'whole');
      return true;
    } catch (error) {
      tried(error as Error);
      return false;
    }
  }

  /** Until there is more, or the time is over. */
  async #sleep(forMs?: number): Promise<void> {
    if (this.#isStopped) return;
    await new Promise<void>((resolve) => {
      const cancel = forMs === undefined ? undefined : this.#options.clock.schedule(forMs, resolve);
      this.#wake = () => {
        if (forMs !== undefined && !this.#isStopped) return;
        cancel?.();
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

async function readBatch(reader: JournalReader): Promise<ReadRecord[]> {
  const batch: ReadRecord[] = [];
  for (let bytes = 0; bytes < BATCH_BYTES; ) {
    const read = await reader.next();
    if (!read) break;
    batch.push(read);
    bytes += read.record.payload.length;
  }
  return batch;
}
