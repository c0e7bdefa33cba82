// Part of the journal: one segment, and the index of its records: 16 bytes each tell where it lies, how many items it has, its
// age, and what routing asks.
import type { Accepted, JournalRecord, Position } from '../model/signals.ts';
import { decodeRecord, SIGNALS } from './record.ts';
import type { SegmentHead } from './segment-head.ts';
import type { SegmentBytes } from './store.ts';

/** What the index tells of a record without reading it: of most counts only whether there are any, and of services nothing. */
export interface Known extends Pick<Accepted, 'signal' | 'summary'> {
  /** It is a replay, for one destination alone: its origin says for which. */
  isReplay: boolean;
}

/** offset, items, ms after the base time, and bits: four numbers a record. */
export const ROW_NUMBERS = 4;
const [OFFSET, ITEMS, AGE, BITS] = [0, 1, 2, 3] as const;
/** Beside the signal, which takes two. */
const HAS = { serverSpans: 4, errors: 8, exceptions: 16, untimed: 32, replay: 64 };
/** What 32 bits hold: 49 days. */
const MAX_AGE_MS = 2 ** 32 - 1;

export class Segment {
  readonly first: Position;
  readonly head: SegmentHead;
  /** Where its bytes are: changes when it is compressed, or comes to disk from memory. */
  data: SegmentBytes;
  /** Records below this would survive a power loss. */
  syncedTo: Position;
  /** Receipt time of the first record, ms since the epoch. */
  baseTimeMs = 0;
  /** Where the next record's frame begins. */
  #bytes: number;
  #count = 0;
  #rows: Uint32Array = new Uint32Array(ROW_NUMBERS * 64);

  /** `headBytes` lie before the first record. */
  constructor(first: Position, head: SegmentHead, data: SegmentBytes, headBytes: number) {
    this.first = first;
    this.head = head;
    this.data = data;
    this.syncedTo = first;
    this.#bytes = headBytes;
  }

  /** Of its records; what they take where they lie is less when it is compressed. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#count;
  }

  /** One past the last position. */
  get end(): Position {
    return this.first + this.#count;
  }

  /** The next record: its frame begins at `offset`, or where the one before it ended. */
  add(
    frameBytes: number,
    record: Pick<Accepted, 'receivedAtMs' | 'signal' | 'summary' | 'origin'>,
    offset = this.#bytes,
  ): void {
    if (this.#count === 0) this.baseTimeMs = record.receivedAtMs;
    // A clock that was set back makes a record younger than it is: it is kept longer, never given up sooner.
    const age = Math.max(0, record.receivedAtMs - this.baseTimeMs);
    this.#push(offset, record.summary.items, age, bitsOf(record));
    this.#bytes = offset + frameBytes;
  }

  /** A position whose record is not there: lost, with as many items as are known of. */
  addLost(items: number): void {
    const age = this.#count === 0 ? 0 : (this.#rows[this.#row(this.end - 1) + AGE] ?? 0);
    this.#push(this.#bytes, items, age, 0);
  }

  /** What lies between the last record and there is of no use. */
  endAt(offset: number): void {
    this.#bytes = offset;
  }

  /** Takes over the rows of an index frame; records end at `bytes`. */
  adopt(rows: Uint32Array, baseTimeMs: number, bytes: number): void {
    this.#rows = rows;
    this.#count = rows.length / ROW_NUMBERS;
    this.baseTimeMs = baseTimeMs;
    this.#bytes = bytes;
  }

  /** Forgets what another segment has from `position` on. */
  cutAt(position: Position): void {
    if (position >= this.end) return;
    this.#bytes = this.offset(position);
    this.#count = Math.max(0, position - this.first);
    this.syncedTo = Math.min(this.syncedTo, position);
  }

  /** The index of all records, without the room for more. */
  rows(): Uint32Array {
    return this.#rows.slice(0, this.#count * ROW_NUMBERS);
  }

  /** Gives the unused part of the index back once nothing is added any more. */
  seal(): void {
    this.#rows = this.rows();
  }

  offset(position: Position): number {
    return position >= this.end ? this.#bytes : (this.#rows[this.#row(position) + OFFSET] ?? 0);
  }

  items(position: Position): number {
    return this.#rows[this.#row(position) + ITEMS] ?? 0;
  }

  receivedAtMs(position: Position): number {
    return this.baseTimeMs + (this.#rows[this.#row(position) + AGE] ?? 0);
  }

  known(position: Position): Known {
    const bits = this.#rows[this.#row(position) + BITS] ?? 0;
    const count = (bit: number) => ((bits & bit) === 0 ? 0 : 1);
    return {
      signal: SIGNALS[bits & 3] ?? 'traces',
      summary: {
        items: this.items(position),
        serverSpans: count(HAS.serverSpans),
        errors: count(HAS.errors),
        exceptions: count(HAS.exceptions),
        untimed: count(HAS.untimed),
        services: [],
      },
      isReplay: count(HAS.replay) > 0,
    };
  }

  /**
   * Reads `position` and what follows it within `wantedBytes`, into `into` where it fits. What is not there as it was written
   * is undefined.
   */
  async readRecords(
    position: Position,
    wantedBytes: number,
    into?: Buffer,
  ): Promise<readonly (JournalRecord | undefined)[]> {
    const from = this.offset(position);
    let last = position + 1;
    while (last < this.end && this.offset(last + 1) - from <= wantedBytes) last += 1;
    const buffer = await this.#read(from, this.offset(last) - from, into);
    const records: (JournalRecord | undefined)[] = [];
    for (let at = position; at < last; at++)
      records.push(decodeRecord(buffer, this.offset(at) - from, at - this.first, at));
    return records;
  }

  /** Again when the bytes were moved meanwhile. */
  async #read(offset: number, bytes: number, into: Buffer | undefined): Promise<Buffer> {
    const { data } = this;
    try {
      return await data.read(offset, bytes, into);
    } catch (error) {
      if (this.data === data) throw error;
      return this.#read(offset, bytes, into);
    }
  }

  #row(position: Position): number {
    return (position - this.first) * ROW_NUMBERS;
  }

  #push(offset: number, items: number, age: number, bits: number): void {
    const at = this.#count * ROW_NUMBERS;
    if (at === this.#rows.length) {
      const larger = new Uint32Array(Math.max(ROW_NUMBERS * 64, this.#rows.length * 2));
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#rows[at + OFFSET] = offset;
    this.#rows[at + ITEMS] = items;
    this.#rows[at + AGE] = Math.min(age, MAX_AGE_MS);
    this.#rows[at + BITS] = bits;
    this.#count += 1;
  }
}

function bitsOf({ signal, summary, origin }: Pick<Accepted, 'signal' | 'summary' | 'origin'>): number {
  return (
    SIGNALS.indexOf(signal) |
    (summary.serverSpans > 0 ? HAS.serverSpans : 0) |
    (summary.errors > 0 ? HAS.errors : 0) |
    (summary.exceptions > 0 ? HAS.exceptions : 0) |
    (summary.untimed > 0 ? HAS.untimed : 0) |
    (origin.only !== undefined || origin.replayOf !== undefined ? HAS.replay : 0)
  );
}
