// Part of intake: room in the journal for what enters in pieces, decided before the first.
import type { Journal } from '../journal/journal.ts';

/** Bytes of payloads that nobody else is given. `release` is safe twice. */
export interface Room {
  /** That many of them are the journal's now. */
  fill(bytes: number): void;
  release(): void;
}

export interface Rooms {
  hasRoom(bytes: number): boolean;
  /** Undefined when the journal would not take so much now. */
  setAside(bytes: number): Room | undefined;
}

export function createRooms(journal: Pick<Journal, 'hasRoom'>): Rooms {
  let asideBytes = 0;
  const hasRoom = (bytes: number) => journal.hasRoom(asideBytes + bytes);
  return {
    hasRoom,
    setAside(bytes) {
      if (!hasRoom(bytes)) return undefined;
      asideBytes += bytes;
      let left = bytes;
      const fill = (filled: number) => {
        const used = Math.min(filled, left);
        left -= used;
        asideBytes -= used;
      };
      return { fill, release: () => fill(left) };
    },
  };
}
