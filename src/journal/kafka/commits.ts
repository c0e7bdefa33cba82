// Part of the journal in Kafka: writes how far a group has settled, at most 100 ms or 1,000 settlements later.
import type { Clock } from '../../model/clock.ts';
import type { PlacedOffset } from './client.ts';
import type { OwnedPartition } from './owned.ts';

/** DESIGN section 1. */
const AFTER_MS = 100;
const AFTER_SETTLEMENTS = 1000;
const AGAIN_MS = 1000;

export interface CommitsOptions {
  clock: Clock;
  owned(): Iterable<OwnedPartition>;
  commit(offsets: readonly PlacedOffset[]): Promise<void>;
  failed(error: Error): void;
}

export class Commits {
  readonly #options: CommitsOptions;
  #settlements = 0;
  #cancel: (() => void) | undefined;
  #writing: Promise<void> | undefined;
  #isHeld = false;

  constructor(options: CommitsOptions) {
    this.#options = options;
  }

  noteSettled(): void {
    this.#settlements += 1;
    if (this.#settlements >= AFTER_SETTLEMENTS) void this.write();
    else this.#schedule(AFTER_MS);
  }

  /** While the group finds itself anew the brokers take no commit. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (!isHeld) this.#schedule(AFTER_MS);
  }

  /** Writes what is settled now; one at a time. What cannot be written is tried again. */
  async write(): Promise<void> {
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#writing;
    this.#writing = this.#write([...this.#options.owned()]).finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#isHeld = true;
  }

  #schedule(afterMs: number): void {
    if (this.#isHeld) return;
    this.#cancel ??= this.#options.clock.schedule(afterMs, () => void this.write());
  }

  async #write(owned: readonly OwnedPartition[]): Promise<void> {
    this.#settlements = 0;
    const due = owned.flatMap((partition) => {
      const offset = partition.toCommit;
      return offset ? [{ partition, offset }] : [];
    });
    if (due.length === 0) return;
    try {
      await this.#options.commit(due.map(({ offset }) => offset));
      for (const { partition, offset } of due) partition.committed = offset.offset;
    } catch (error) {
      this.#options.failed(error as Error);
      this.#cancel?.();
      this.#cancel = undefined;
      this.#schedule(AGAIN_MS);
    }
  }
}
