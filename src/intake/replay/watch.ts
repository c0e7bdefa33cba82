// Part of intake: what a replay has sent and waits for.
import type { Clock } from '../../model/clock.ts';
import type { Reason } from '../../model/reasons.ts';
import type { DestinationId } from '../../model/signals.ts';
import type { ReplayOutcome } from './outcomes.ts';
import type { ReplayLine } from './report.ts';
import type { SendListener, SentLetter } from './send.ts';

/** The letters that were sent and have no outcome yet, and the lines of those that have. */
export class Watch implements SendListener {
  readonly open = new Set<SentLetter>();
  readonly #clock: Clock;
  #ended: ReplayLine[] = [];
  #wake: (hasNews: boolean) => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  sent(letter: SentLetter): void {
    this.open.add(letter);
  }

  ended(letter: SentLetter, { position, outcome, code }: ReplayOutcome): void {
    const { destination, id, items } = letter;
    this.open.delete(letter);
    const line = { event: 'letter', destination, id, outcome, ...(code ? { code } : {}) } as const;
    const isOne = outcome === 'rejected' && items === 1;
    this.#ended.push(isOne ? { ...line, newId: `${position}:0` } : line);
    this.#wake(true);
  }

  take(): ReplayLine[] {
    return this.#ended.splice(0);
  }

  /** What has its outcome by now, and what is still in the journal: each letter once, whatever comes later. */
  finish(reasonOf: (destination: DestinationId) => Reason | null | undefined): ReplayLine[] {
    const queued = [...this.open].map(({ destination, id }): ReplayLine => {
      const reason = reasonOf(destination);
      return { event: 'letter', destination, id, outcome: 'queued', ...(reason ? { reason } : {}) };
    });
    return [...this.take(), ...queued];
  }

  queued(): Partial<Record<DestinationId, number>> {
    const queued: Partial<Record<DestinationId, number>> = {};
    for (const { destination } of this.open) queued[destination] = (queued[destination] ?? 0) + 1;
    return queued;
  }

  /** True once there is a line to take, false when the time is over. */
  async news(withinMs: number): Promise<boolean> {
    if (this.#ended.length > 0) return true;
    return new Promise((resolve) => {
      const cancel = this.#clock.schedule(withinMs, () => resolve(false));
      this.#wake = (hasNews) => {
        cancel();
        resolve(hasNews);
      };
    });
  }
}
