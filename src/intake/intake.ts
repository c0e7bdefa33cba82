// Part of intake: the one way in. Only when `accept` resolves does a client see success.
import type { ReasonCode } from '../model/reasons.ts';
import type { Accepted, Position, ReceiverId } from '../model/signals.ts';
import type { Admission } from './admission.ts';
import type { Room } from './room.ts';

/** The journal can take no more now, or cannot be written: answer 503 with Retry-After, or count the datagram. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code: ReasonCode;

  constructor(code: ReasonCode, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Intake {
  readonly admission: Admission;
  /**
   * Resolves once the record is in the journal; rejects with RefusedError when it is not and never will be.
   * `onPosition` hears where it lies before any destination can settle it. In a `room` that was set aside, the journal's bound
   * refuses nothing.
   */
  accept(
    receiver: ReceiverId,
    accepted: Accepted,
    onPosition?: (position: Position) => void,
    room?: Room,
  ): Promise<void>;
  /** True when the journal would take a record of that size now. Asked before a body is read. */
  hasRoom(bytes: number): boolean;
  /** For what enters in pieces, and is sent again whole when one is refused; undefined when there is no room for all now. */
  setAside(bytes: number): Room | undefined;
  /** Counts what a receiver turned away: `items` where they can be counted, else 1 for the request. */
  refuse(receiver: ReceiverId, code: ReasonCode, items: number): void;
}

/** The same way in for dead letters: no receiver counts them. */
export interface ReplayIntake {
  /** As `accept`. */
  replay(accepted: Accepted, onPosition: (position: Position) => void): Promise<void>;
}
