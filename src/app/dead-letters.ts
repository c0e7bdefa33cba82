// Part of app: dead letters of this process: where they lie, and who hears what becomes of those that are replayed.
import { join } from 'node:path';
import { createDeadLetterStore, type DeadLetterStore } from '../delivery/dead-letters/store.ts';
import { ReplayOutcomes } from '../intake/replay/outcomes.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import type { Events } from '../telemetry/events.ts';
import type { AppConfig } from './options.ts';

export interface DeadLetterParts {
  store: DeadLetterStore;
  outcomes: ReplayOutcomes;
}

export interface DeadLetterContext {
  /** A directory, or 'memory'. */
  dataDir: string;
  config: AppConfig['journal'];
  journal(): Pick<Journal, 'mode'>;
  ledger: Ledger;
  events: Events;
  clock: Clock;
}

export function createDeadLetters(context: DeadLetterContext): DeadLetterParts {
  const { config, journal, ledger, events, clock } = context;
  const dir = deadLetterDir(context.dataDir);
  const isJournalInMemory = () => journal().mode === 'memory';
  const store = createDeadLetterStore({
    dir,
    maxBytes: config.deadLettersMaxBytes,
    sync: config.fsync === 'always',
    isJournalInMemory,
    clock,
    onRemoved: (destination, letters, why) => events.deadLettersRemoved(destination, letters, why),
    onWritable: (ok, error) => events.deadLettersWritable(ok, error, isJournalInMemory()),
    onUnmarked: (error) => events.replayUnmarked(error),
  });
  const outcomes = new ReplayOutcomes(store.marks);
  ledger.subscribe((event) => outcomes.onEvent(event));
  return { store, outcomes };
}

/** Null when nothing touches the disk. */
export function deadLetterDir(dataDir: string): string | null {
  return dataDir === 'memory' ? null : join(dataDir, 'dead-letters');
}
