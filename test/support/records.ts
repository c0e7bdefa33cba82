// Part of the tests: makes what a receiver would hand in, a journal in a folder of its own, and a clock that is turned by hand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  Evicted,
  Journal,
  JournalEvents,
  Missing,
  Recovered,
  Unwritable,
} from '../../src/journal/journal.ts';
import { type JournalOptions, openJournal } from '../../src/journal/open.ts';
import { type Clock, systemClock } from '../../src/model/clock.ts';
import type { Accepted, DestinationId, Signal } from '../../src/model/signals.ts';

export function accepted(
  text: string,
  items = 1,
  signal: Signal = 'traces',
  receivedAtMs = 1_800_000_000_000,
): Accepted {
  return {
    signal,
    receivedAtMs,
    payload: Buffer.from(text),
    summary: { items, serverSpans: 0, errors: 0, exceptions: 0, untimed: 0, services: ['backend-flask'] },
    origin: { peer: '127.0.0.1' },
  };
}

export interface SeenEvents extends JournalEvents {
  readonly recoveredRecords: Recovered[];
  readonly evictedRecords: Evicted[];
  readonly missingRecords: Missing[];
  /** Items that were in memory only at the end. */
  readonly lostItems: Partial<Record<DestinationId, number>>;
  /** What could be written and what not, in turn. */
  readonly changes: { ok: boolean; what: Unwritable; message: string | undefined }[];
}

export function journalEvents(): SeenEvents {
  const recoveredRecords: Recovered[] = [];
  const evictedRecords: Evicted[] = [];
  const missingRecords: Missing[] = [];
  const lostItems: Partial<Record<DestinationId, number>> = {};
  const changes: SeenEvents['changes'] = [];
  return {
    recoveredRecords,
    evictedRecords,
    missingRecords,
    lostItems,
    changes,
    recovered: (found) => void recoveredRecords.push(found),
    evicted: (gone) => void evictedRecords.push(gone),
    missing: (gone) => void missingRecords.push(gone),
    memoryLost: (destination, items) => {
      lostItems[destination] = (lostItems[destination] ?? 0) + items;
    },
    writable: (ok, error, what) => void changes.push({ ok, what, message: error?.message }),
  };
}

export async function temporaryDir(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
  // A program that had no time left to end may still be writing its last file.
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 10 }) };
}

export async function startJournal(options: Partial<JournalOptions> & { dataDir: string }): Promise<Journal> {
  const { journal } = await openJournal({
    maxBytes: 64 * 1024 * 1024,
    maxAgeMs: 7 * 86_400_000,
    fsync: 'never',
    destinations: ['honeycomb'],
    clock: { ...systemClock, now: () => 1_800_000_000_000 },
    events: journalEvents(),
    ...options,
  });
  await journal.start();
  return journal;
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #nowMs: number;
  #timers: { atMs: number; run: () => void }[] = [];

  constructor(nowMs = 1_800_000_000_000) {
    this.#nowMs = nowMs;
  }

  now(): number {
    return this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  get nextAtMs(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map((timer) => timer.atMs));
  }

  advance(ms: number): void {
    const end = this.#nowMs + ms;
    for (;;) {
      const due = this.#timers.filter((timer) => timer.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.run();
    }
    this.#nowMs = end;
  }
}
