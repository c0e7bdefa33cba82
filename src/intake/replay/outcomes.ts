// Part of intake: what becomes of replayed letters, told by the ledger and written beside them, also after a restart.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { type MarkBook, markKey, type ReplayState } from '../../delivery/dead-letters/marks.ts';
import { worse } from '../../delivery/loaded.ts';
import type { LedgerEvent, Outcome } from '../../ledger/ledger.ts';
import type { ReasonCode } from '../../model/reasons.ts';
import type { DestinationId, Position } from '../../model/signals.ts';

export interface ReplayOutcome {
  position: Position;
  outcome: Outcome;
  code: ReasonCode | undefined;
}

/** A record that one letter became. */
export interface Followed {
  destination: DestinationId;
  /** `<id>@<receivedAt>` of the letter. */
  key: string;
  /** Without an outcome. */
  items: number;
  onOutcome?: (outcome: ReplayOutcome) => void;
}

interface Open extends Followed {
  worst: Pick<ReplayOutcome, 'outcome' | 'code'> | undefined;
}

interface Waiting {
  destination: DestinationId;
  state: ReplayState;
  keys: string[];
}

export class ReplayOutcomes {
  readonly #marks: MarkBook;
  readonly #open = new Map<Position, Open>();
  #waiting = new Map<string, Waiting>();
  #writing: Promise<void> | undefined;

  constructor(marks: MarkBook) {
    this.#marks = marks;
  }

  /** From when its position is known, before anything can settle it. */
  follow(position: Position, followed: Followed): void {
    this.#open.set(position, { ...followed, worst: undefined });
  }

  /** An earlier run had begun it: now it is known to be in the journal. */
  recovered(position: Position, followed: Followed): void {
    this.follow(position, followed);
    this.#mark(followed, 'queued');
  }

  isOpen(position: Position): boolean {
    return this.#open.has(position);
  }

  /** A listener of the ledger. A letter of several items has the worst outcome among theirs. */
  onEvent(event: LedgerEvent): void {
    if (event.kind !== 'settled' || event.position === undefined) return;
    const open = this.#open.get(event.position);
    if (!open || open.destination !== event.destination) return;
    open.items -= event.items;
    if (!open.worst || worse(event.outcome, open.worst.outcome))
      open.worst = { outcome: event.outcome, code: event.code };
    if (open.items > 0) return;
    this.#open.delete(event.position);
    this.#mark(open, open.worst.outcome);
    open.onOutcome?.({ position: event.position, ...open.worst });
  }

  /** Everything known is written when this resolves. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  #mark({ destination, key }: Followed, state: ReplayState): void {
    const group = markKey(destination, state);
    const waiting = this.#waiting.get(group) ?? { destination, state, keys: [] };
    waiting.keys.push(key);
    this.#waiting.set(group, waiting);
    this.#writing ??= this.#write();
  }

  /** What settles in one turn of the event loop shares a line. */
  async #write(): Promise<void> {
    await endOfTurn();
    while (this.#waiting.size > 0) {
      const all = this.#waiting;
      this.#waiting = new Map();
      for (const { destination, state, keys } of all.values())
        await this.#marks.append(destination, state, keys).catch(() => undefined);
    }
    this.#writing = undefined;
  }
}
