// Part of intake: opens the books of a record at the moment it is written, before any destination can see it.
import { type Journal, JournalError } from '../journal/journal.ts';
import type { Accepted, DestinationId, Position, ReceiverId } from '../model/signals.ts';
import type { Admission } from './admission.ts';
import { type BooksOptions, createBooks } from './books.ts';
import { type Intake, RefusedError, type ReplayIntake } from './intake.ts';
import { type Processor, processedBy } from './process.ts';
import { createRooms, type Room } from './room.ts';

export interface IntakeOptions extends BooksOptions {
  journal: Journal;
  admission: Admission;
  processors: readonly Processor[];
  /** Destinations that are on, and whose books are opened here. */
  destinations: readonly DestinationId[];
  /**
   * Hears of each record as it is written, after all processors and before anything can settle it. Must not keep the payload,
   * whose buffer is used again.
   */
  onAppended?(accepted: Accepted, position: Position): void;
}

export function createIntake(options: IntakeOptions): Intake & ReplayIntake {
  const { journal, ledger, admission, processors, destinations, onAppended } = options;
  const openBooks = createBooks(options);
  const { hasRoom, setAside } = createRooms(journal);

  async function enter(
    accepted: Accepted,
    onPosition: (position: Position) => void,
    room?: Room,
  ): Promise<Accepted> {
    const processed = await processedBy(processors, accepted);
    if (!room && !hasRoom(processed.payload.length)) {
      throw new RefusedError(
        'journal_unavailable',
        'the journal is at its bound: no destination takes data, or its disk does not',
      );
    }
    // In the same turn as the append, which counts them from here on.
    room?.fill(processed.payload.length);
    try {
      await journal.append(processed, (position) => {
        onPosition(position);
        onAppended?.(processed, position);
        for (const destination of destinations) openBooks(destination, processed, position);
      });
    } catch (error) {
      if (error instanceof JournalError) throw new RefusedError('journal_unavailable', error.message);
      throw error;
    }
    return processed;
  }

  return {
    admission,
    hasRoom,
    setAside,
    refuse: (receiver, code, items) => ledger.refused(receiver, code, items),
    async accept(receiver: ReceiverId, accepted: Accepted, onPosition = () => undefined, room) {
      const { signal, summary } = await enter(accepted, onPosition, room);
      ledger.received(receiver, signal, summary.items);
    },
    async replay(accepted, onPosition) {
      await enter(accepted, onPosition);
    },
  };
}
