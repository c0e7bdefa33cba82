// Part of delivery: what is refused for good is kept as a dead letter before it is settled.
import type { JournalReader } from '../journal/journal.ts';
import type { JournalRecord } from '../model/signals.ts';
import { type Death, lettersOf } from './dead-letters/letter.ts';
import type { LoadedRecord } from './loaded.ts';
import type { DeliveryOptions } from './loop.ts';

/** Dead letters that could not be written are tried again this often. */
const BURY_AGAIN_MS = 1000;
/** Refusals whose letters wait: beyond this nothing further is read. What they hold in memory counts for the destination's bound. */
const MAX_WAITING = 1000;

export type Refused = Pick<Death, 'from' | 'to' | 'reason' | 'vendor' | 'suspect'>;

/** `gone`: the journal gave the record up, and nothing is left of it to be kept. */
export type Fate = 'buried' | 'gone';

interface Burial {
  loaded: LoadedRecord;
  refused: readonly Refused[];
  deadAtMs: number;
  settle(fate: Fate): void;
}

/**
 * Writes dead letters before anything is settled, so that a crash between the two repeats them rather than loses them. While they
 * cannot be written the refused items wait, unsettled in the journal, and the destination goes on with the others.
 */
export class Burials {
  readonly #options: Pick<DeliveryOptions<unknown>, 'destination' | 'deadLetters' | 'clock'>;
  readonly #reader: Pick<JournalReader, 'read'>;
  #waiting: Burial[] = [];
  #cancelRetry: (() => void) | undefined;
  #retrying: Promise<void> | undefined;
  #isStopped = false;

  constructor(
    options: Pick<DeliveryOptions<unknown>, 'destination' | 'deadLetters' | 'clock'>,
    reader: Pick<JournalReader, 'read'>,
  ) {
    this.#options = options;
    this.#reader = reader;
  }

  get isFull(): boolean {
    return this.#waiting.length >= MAX_WAITING;
  }

  /** Items of one record. True when `settle` was called; false when it is called later, with `later` behind it, or never again. */
  async bury(
    loaded: LoadedRecord,
    refused: readonly Refused[],
    settle: (fate: Fate) => void,
    later: () => void,
  ): Promise<boolean> {
    const burial = { loaded, refused, deadAtMs: this.#options.clock.now(), settle };
    if (await this.#try(burial)) return true;
    const settleLater = (fate: Fate) => {
      settle(fate);
      later();
    };
    this.#waiting.push({ ...burial, settle: settleLater });
    this.#scheduleRetry();
    return false;
  }

  /** What waits is in the journal. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRetry?.();
    await this.#retrying;
  }

  async #try({ loaded, refused, deadAtMs, settle }: Burial): Promise<boolean> {
    const record = loaded.evicted?.record ?? (await this.#reader.read(loaded.position))?.record;
    const fate = record ? await this.#write(record, refused, deadAtMs) : 'gone';
    // A reader that was stopped finds nothing either.
    if (!fate || (fate === 'gone' && !loaded.evicted)) return false;
    settle(fate);
    return true;
  }

  #write(
    record: JournalRecord,
    refused: readonly Refused[],
    deadAtMs: number,
  ): Promise<'buried' | undefined> {
    const { destination, deadLetters } = this.#options;
    const deaths = refused.map((one) => ({ ...one, destination, deadAtMs }));
    return deadLetters.write(lettersOf(record, deaths)).then(
      () => 'buried' as const,
      () => undefined,
    );
  }

  #scheduleRetry(): void {
    if (this.#isStopped || this.#waiting.length === 0) return;
    this.#cancelRetry ??= this.#options.clock.schedule(BURY_AGAIN_MS, () => {
      this.#retrying = this.#retry();
    });
  }

  /** The oldest first; the first that cannot be written ends it for now. */
  async #retry(): Promise<void> {
    for (let [first] = this.#waiting; first && !this.#isStopped; [first] = this.#waiting) {
      if (!(await this.#try(first))) break;
      this.#waiting.shift();
    }
    this.#cancelRetry = undefined;
    this.#scheduleRetry();
  }
}
