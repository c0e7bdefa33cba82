// Part of delivery: dead letters in memory, for a sidecast without a data directory and for a directory that cannot be written.
import type { DestinationId } from '../../model/signals.ts';
import { type LetterFilter, matches } from './filter.ts';
import type { DeadLetter, DeadLetters } from './letter.ts';
import { parseLetter } from './parse.ts';
import type { FoundLetter } from './read.ts';

/** Beside everything else in memory. */
const MAX_BYTES = 4 * 1024 * 1024;

export interface DeadLetterMemory extends DeadLetters {
  /** Oldest first. */
  readonly newest: readonly DeadLetter[];
  read(filter: LetterFilter): AsyncIterable<FoundLetter>;
  /** Hands them all over and forgets them. */
  take(): DeadLetter[];
  /** The process ends. */
  loseAll(): void;
}

/** `memory_full`: they had to make room for newer ones. */
export type OnLost = (
  destination: DestinationId,
  letters: number,
  why: 'memory_full' | 'memory_lost',
) => void;

export function createDeadLetterMemory(
  maxBytes = MAX_BYTES,
  onLost: OnLost = () => undefined,
): DeadLetterMemory {
  const newest: DeadLetter[] = [];
  const sizes: number[] = [];
  let bytes = 0;

  function take(): DeadLetter[] {
    bytes = 0;
    sizes.length = 0;
    return newest.splice(0);
  }

  return {
    newest,
    take,
    async write(letters) {
      for (const letter of letters) {
        const size = JSON.stringify(letter).length;
        newest.push(letter);
        sizes.push(size);
        bytes += size;
        while (bytes > maxBytes) {
          bytes -= sizes.shift() ?? 0;
          const lost = newest.shift();
          if (lost) onLost(lost.destination, 1, 'memory_full');
        }
      }
    },
    async *read(filter) {
      for (const letter of [...newest]) {
        if (!matches(letter, filter)) continue;
        const line = Buffer.from(JSON.stringify(letter));
        const parsed = parseLetter(line);
        if (parsed) yield { ...parsed, line };
      }
    },
    loseAll() {
      const lost = new Map<DestinationId, number>();
      for (const { destination } of take()) lost.set(destination, (lost.get(destination) ?? 0) + 1);
      for (const [destination, letters] of lost) onLost(destination, letters, 'memory_lost');
    },
  };
}
