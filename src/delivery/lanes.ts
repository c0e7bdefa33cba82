// Part of delivery: what is read next. A destination that keeps up has one lane; one that lags has a second for what is new.
import type { JournalReader, ReadRecord } from '../journal/journal.ts';
import type { Position } from '../model/signals.ts';

/** `main` begins at the oldest that is unsettled, `live` with what had just arrived when it was opened. */
export type Lane = 'main' | 'live';

/** Data that waits longer than this before it is read, or in line, is backlog. Half of the 2 s in which live data arrives. */
export const LATE_MS = 1000;

export interface Laned {
  read: ReadRecord;
  lane: Lane;
}

/** Tells what a lane has read and is in memory. */
type IsLoaded = (position: Position) => boolean;

export class Lanes {
  #main: JournalReader;
  #live: JournalReader | undefined;

  constructor(reader: JournalReader) {
    this.#main = reader;
  }

  get areTwo(): boolean {
    return this.#live !== undefined;
  }

  /** What arrives from now on no longer waits for what waits already. */
  open(nowMs: number): void {
    this.#live ??= this.#main.since(nowMs - LATE_MS);
  }

  /** One lane again where the backlog has come to where the live lane is. */
  closeWhenMet(): void {
    if (!this.#live || this.#main.position < this.#live.position) return;
    this.#main = this.#live;
    this.#live = undefined;
  }

  /** Where this lane lags as well, what has grown too old for it is left to the other, and it goes on with what has not. */
  async nextLive(nowMs: number, isLoaded: IsLoaded): Promise<Laned | undefined> {
    // Behind what was late nothing is, but where the clock was set: that is not looked for now.
    for (let tries = 0; tries < 2; tries += 1) {
      const read = await this.#live?.next();
      if (!this.#live || !read) return undefined;
      if (!isLate(read, nowMs)) return { read, lane: 'live' };
      this.#live = this.#live.since(nowMs - LATE_MS);
      if (read.record.position < this.#main.position) return { read, lane: 'main' };
      if (!isLoaded(read.record.position)) this.#main.forgo(read);
    }
    return undefined;
  }

  /** One record again. */
  read(position: Position): Promise<ReadRecord | undefined> {
    return this.#main.read(position);
  }

  /** It is left for later, and read again then. */
  forgo(read: ReadRecord): void {
    this.#main.forgo(read);
  }

  async nextMain(nowMs: number, isLoaded: IsLoaded): Promise<Laned | undefined> {
    const before = this.#live?.position;
    const read = await this.#main.next(before === undefined ? undefined : { before, except: isLoaded });
    if (read && isLate(read, nowMs)) this.open(nowMs);
    return read && { read, lane: 'main' };
  }
}

function isLate({ record }: ReadRecord, nowMs: number): boolean {
  return nowMs - record.receivedAtMs > LATE_MS;
}
