// Part of admin/api: what goes through, where it waits and what was given up, for the page's picture of the flow.

import type { DeadLetterStore } from '../../delivery/dead-letters/store.ts';
import { summarize } from '../../delivery/dead-letters/summary.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Clock } from '../../model/clock.ts';
import { REASONS } from '../../model/reasons.ts';
import { DESTINATION_IDS, type DestinationId } from '../../model/signals.ts';
import type { Recent } from '../../recent/recent.ts';
import type { Status } from '../status.ts';
import { Rates, RECEIVER_IDS } from './rates.ts';
import type { DestinationFlow, Pipeline } from './shapes.ts';

export interface PipelineSources {
  status(): Promise<Status>;
  journal: Pick<Journal, 'backlog'>;
  ledger: Ledger;
  deadLetters: DeadLetterStore;
  recent: Pick<Recent, 'size'>;
  /** When a destination that does not take data is tried again. */
  retryAtMs(id: DestinationId): number | undefined;
  clock: Clock;
}

type Letters = Partial<Record<DestinationId, DestinationFlow['deadLetters']>>;

/** Letters are counted by reading their files. */
const COUNT_LETTERS_EVERY_MS = 2000;
const NO_LETTERS: DestinationFlow['deadLetters'] = { letters: 0, reasons: [] };

export class PipelineView {
  readonly #sources: PipelineSources;
  readonly #rates: Rates;
  #letters: { atMs: number; counted: Promise<Letters> } | undefined;

  constructor(sources: PipelineSources) {
    this.#sources = sources;
    this.#rates = new Rates(sources.ledger, sources.clock);
  }

  start(): void {
    this.#rates.start();
  }

  stop(): void {
    this.#rates.stop();
  }

  async look(): Promise<Pipeline> {
    const { clock, recent } = this.#sources;
    const [status, letters] = await Promise.all([this.#sources.status(), this.#countLetters()]);
    const receivers = RECEIVER_IDS.map((id) => [id, this.#rates.ofReceiver(id)]);
    const destinations = DESTINATION_IDS.map((id) => [id, this.#flow(id, status, letters[id])]);
    return {
      nowMs: clock.now(),
      status,
      receivers: Object.fromEntries(receivers) as Pipeline['receivers'],
      destinations: Object.fromEntries(destinations) as Pipeline['destinations'],
      recent: recent.size,
    };
  }

  #flow(id: DestinationId, status: Status, deadLetters = NO_LETTERS): DestinationFlow {
    const { journal, retryAtMs } = this.#sources;
    const { state, counts, oldestQueuedAgeMs } = status.destinations[id];
    return {
      ...this.#rates.ofDestination(id),
      queuedItems: counts.queued,
      queuedBytes: state === 'off' ? 0 : journal.backlog(id).bytes,
      oldestQueuedAgeMs,
      retryAtMs: retryAtMs(id) ?? null,
      deadLetters,
    };
  }

  #countLetters(): Promise<Letters> {
    const nowMs = this.#sources.clock.now();
    if (!this.#letters || nowMs - this.#letters.atMs >= COUNT_LETTERS_EVERY_MS)
      // A folder that cannot be read now says so in the status.
      this.#letters = { atMs: nowMs, counted: this.#readLetters().catch(() => ({})) };
    return this.#letters.counted;
  }

  async #readLetters(): Promise<Letters> {
    const { deadLetters: store } = this.#sources;
    const letters = store.read({}, () => undefined);
    const { groups } = await summarize(letters, await store.marks.load(), { newest: 0, inFull: false });
    const counted: Letters = {};
    for (const id of DESTINATION_IDS) {
      const reasons = groups
        .filter(({ destination }) => destination === id)
        .map(({ reason, letters }) => ({ code: reason, letters, message: REASONS[reason] }))
        .sort((a, b) => b.letters - a.letters);
      counted[id] = { letters: reasons.reduce((sum, { letters }) => sum + letters, 0), reasons };
    }
    return counted;
  }
}
