// Part of the journal: appends, grouped: one write for all that wait, and one fdatasync where that is asked for. What arrives while
// a group is written is the next group.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Accepted, JournalRecord, Position } from '../model/signals.ts';
import { placeFrame } from './frame.ts';
import type { Home } from './home.ts';
import { encodeRecordHead } from './record.ts';
import type { Segment } from './segment.ts';

interface Waiting {
  accepted: Accepted;
  head: Buffer;
  written(position: Position): void;
  resolve(position: Position): void;
  reject(error: Error): void;
}

export interface AppendsOptions {
  home: Pick<Home, 'place'>;
  syncsEach: boolean;
  /** Before a reader can see the record. */
  appended(record: JournalRecord): void;
  /** After each group. */
  grouped(): void;
}

/** One write carries at most this much, so that nobody waits long for a large group. */
const MAX_GROUP_BYTES = 4 * 1024 * 1024;

export class Appends {
  readonly #options: AppendsOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | undefined;

  constructor(options: AppendsOptions) {
    this.#options = options;
  }

  /** Not written yet. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  append(accepted: Accepted, written: (position: Position) => void): Promise<Position> {
    const head = encodeRecordHead(accepted);
    this.#waitingBytes += head.length + accepted.payload.length;
    const position = new Promise<Position>((resolve, reject) =>
      this.#waiting.push({ accepted, head, written, resolve, reject }),
    );
    this.#writing ??= this.#writeAll();
    return position;
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      // What else arrives in this turn of the event loop shares the write.
      await endOfTurn();
      await this.#writeGroup(this.#takeGroup());
      this.#options.grouped();
    }
    this.#writing = undefined;
  }

  #takeGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      bytes += waiting.head.length + waiting.accepted.payload.length;
      if (count > 0 && bytes > MAX_GROUP_BYTES) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }

  async #writeGroup(group: readonly Waiting[]): Promise<void> {
    const { home, syncsEach } = this.#options;
    const buffers = group.flatMap(({ head, accepted }) => [head, accepted.payload]);
    const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
    const write = async (segment: Segment) => {
      for (const [index, { head }] of group.entries()) placeFrame(head, segment.count + index);
      await segment.data.append(buffers);
      if (syncsEach) await segment.data.sync();
    };
    const written = (segment: Segment) => {
      for (const waiting of group) this.#written(segment, waiting);
      if (syncsEach) segment.syncedTo = segment.end;
    };
    try {
      await home.place(write, written);
    } catch (error) {
      for (const waiting of group) waiting.reject(error as Error);
    } finally {
      this.#waitingBytes -= bytes;
    }
  }

  #written(segment: Segment, { accepted, head, written, resolve }: Waiting): void {
    const position = segment.end;
    written(position);
    segment.add(head.length + accepted.payload.length, accepted);
    this.#options.appended({ ...accepted, position });
    resolve(position);
  }
}
