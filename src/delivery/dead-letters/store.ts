// Part of delivery: where the dead letters of a process go, and where they are read from.
import type { Component } from '../../model/component.ts';
import type { Reason } from '../../model/reasons.ts';
import type { DestinationId } from '../../model/signals.ts';
import { createFileStore, type FileStoreOptions } from './file-store.ts';
import type { LetterFilter } from './filter.ts';
import type { DeadLetters } from './letter.ts';
import { createMarkMemory, type MarkBook } from './marks.ts';
import { createDeadLetterMemory } from './memory.ts';
import type { FoundLetter, OnUnreadable } from './read.ts';

/** Why letters went that nobody asked to go. */
export type Removal = 'max_bytes' | 'max_age' | 'memory_full' | 'memory_lost';

export interface LetterTrouble {
  reason: Reason;
  sinceMs: number;
}

export interface DeadLetterStore extends DeadLetters, Component {
  readonly dir: string | null;
  readonly marks: MarkBook;
  /** Why letters cannot be written now, and since when. */
  readonly trouble: LetterTrouble | undefined;
  /** Oldest first. */
  read(filter: LetterFilter, onUnreadable?: OnUnreadable): AsyncIterable<FoundLetter>;
}

export interface DeadLetterStoreOptions extends Omit<FileStoreOptions, 'dir'> {
  /** Null when nothing touches the disk. */
  dir: string | null;
  onRemoved(destination: DestinationId, letters: number, why: Removal): void;
}

export function createDeadLetterStore(options: DeadLetterStoreOptions): DeadLetterStore {
  const { dir, onRemoved } = options;
  const memory = createDeadLetterMemory(undefined, onRemoved);
  if (dir !== null) return createFileStore({ ...options, dir }, memory);
  return {
    dir,
    trouble: undefined,
    marks: createMarkMemory(),
    start: async () => undefined,
    write: (letters) => memory.write(letters),
    read: (filter) => memory.read(filter),
    shutdown: async () => memory.loseAll(),
  };
}
