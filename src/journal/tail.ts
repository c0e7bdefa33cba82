// Part of the journal: the newest records, kept in memory so that readers who keep up never touch the disk. It is one holder of
// their payloads; each destination that has read one is another (Loans).
import { type BufferPool, noPool } from '../model/buffer-pool.ts';
import type { JournalRecord, Position } from '../model/signals.ts';

/** A record's own cost beside its payload. */
const RECORD_OVERHEAD_BYTES = 512;

export class Tail {
  readonly #maxBytes: number;
  readonly #records = new Map<Position, JournalRecord>();
  #bytes = 0;

  readonly #pool: BufferPool;

  constructor(maxBytes: number, pool: BufferPool = noPool) {
    this.#maxBytes = maxBytes;
    this.#pool = pool;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(position: Position): JournalRecord | undefined {
    return this.#records.get(position);
  }

  push(record: JournalRecord): void {
    this.#records.set(record.position, record);
    this.#bytes += record.payload.length + RECORD_OVERHEAD_BYTES;
    for (const [position, oldest] of this.#records) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#delete(position, oldest);
      this.#pool.give(oldest.payload);
    }
  }

  /** Forgets what everybody has settled. */
  recycleBelow(low: Position): void {
    for (const [position, record] of this.#records) {
      if (position >= low) return;
      this.#delete(position, record);
      this.#pool.give(record.payload);
    }
  }

  /** Forgets a record that the journal gave up: a request with its bytes may still be on the way, so they are not used again. */
  forget(position: Position): void {
    const record = this.#records.get(position);
    if (record) this.#delete(position, record);
  }

  #delete(position: Position, record: JournalRecord): void {
    this.#records.delete(position);
    this.#bytes -= record.payload.length + RECORD_OVERHEAD_BYTES;
  }
}
