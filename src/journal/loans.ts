// Part of the journal: records that one destination holds, from the read until it has settled them.
import type { BufferPool } from '../model/buffer-pool.ts';
import type { JournalRecord, Position } from '../model/signals.ts';

/** A destination loads 2 MiB, and may read a record for one last item. What is held longer (parked records) is the collector's. */
const MAX_BYTES = 8 * 1024 * 1024;

export class Loans {
  readonly #pool: BufferPool;
  readonly #held = new Map<Position, JournalRecord>();
  #bytes = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** What is held of it: nobody need read it again. */
  get(position: Position): JournalRecord | undefined {
    return this.#held.get(position);
  }

  /** A record that others read as well. */
  share(record: JournalRecord): JournalRecord {
    if (this.#held.get(record.position)?.payload === record.payload) return record;
    this.#pool.retain(record.payload);
    return this.#hold(record);
  }

  /** With a payload of this destination's own, copied out of what was read. */
  copy(record: JournalRecord): JournalRecord {
    const payload = this.#pool.take(record.payload.length);
    payload.set(record.payload);
    return this.#hold({ ...record, payload });
  }

  /** No request with its bytes is on the way: settled whole, or not used at all. */
  giveBack(position: Position): void {
    const record = this.#held.get(position);
    if (!record) return;
    this.forget(position);
    this.#pool.give(record.payload);
  }

  /** Lets go without giving back: somebody may still read it. */
  forget(position: Position): void {
    const record = this.#held.get(position);
    if (!record) return;
    this.#held.delete(position);
    this.#bytes -= record.payload.length;
  }

  /** An earlier reading of the record may still be on the way: it stays the collector's. */
  #hold(record: JournalRecord): JournalRecord {
    this.forget(record.position);
    this.#held.set(record.position, record);
    this.#bytes += record.payload.length;
    for (const oldest of this.#held.keys()) {
      if (this.#bytes <= MAX_BYTES) break;
      this.forget(oldest);
    }
    return record;
  }
}
