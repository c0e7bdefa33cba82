// Part of delivery: dead letters on disk. While that fails they go to memory if the journal is there too; else who writes keeps them.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { reasonOf } from '../../journal/trouble.ts';
import type { Clock } from '../../model/clock.ts';
import type { DestinationId } from '../../model/signals.ts';
import { LetterFiles, type LetterFilesOptions } from './files.ts';
import type { DeadLetter } from './letter.ts';
import { createMarkFile } from './marks.ts';
import type { DeadLetterMemory } from './memory.ts';
import { readDirectory } from './read.ts';
import type { DeadLetterStore, LetterTrouble } from './store.ts';

export interface FileStoreOptions extends Pick<LetterFilesOptions, 'dir' | 'maxBytes' | 'sync'> {
  isJournalInMemory(): boolean;
  clock: Clock;
  onRemoved(destination: DestinationId, letters: number, why: 'max_bytes' | 'max_age'): void;
  /** Once per change. */
  onWritable(ok: boolean, error: Error | undefined): void;
  /** What became of a replay could not be written down. */
  onUnmarked(error: Error): void;
}

/** Longer than anyone is away; a day's file goes when all of it is older. */
const MAX_AGE_MS = 30 * 86_400_000;
/** Letters made at once: each is cut from its record, which may be large. */
const RUN = 16;
/** A directory that failed is tried again this often (DESIGN section 6). */
const UPKEEP_MS = 10_000;
const SWEEP_MS = 3_600_000;

export function createFileStore(options: FileStoreOptions, memory: DeadLetterMemory): DeadLetterStore {
  const { dir, clock, isJournalInMemory, onWritable, onRemoved, onUnmarked } = options;
  const files = new LetterFiles({
    ...options,
    maxAgeMs: MAX_AGE_MS,
    onRemoved: ({ destination }, letters, why) => onRemoved(destination, letters, why),
  });
  const marks = createMarkFile(dir, () => clock.now(), onUnmarked);
  let last: Promise<void> = Promise.resolve();
  let trouble: LetterTrouble | undefined;
  let isStopped = false;
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  let cancelUpkeep: () => void = () => undefined;

  function inTurn(work: () => Promise<unknown>): Promise<void> {
    const done = last.then(async () => void (await work()));
    last = done.catch(() => undefined);
    return done;
  }

  async function append(letters: readonly DeadLetter[]): Promise<boolean> {
    const error = await files.append(letters).then(
      () => undefined,
      (failure: Error) => failure,
    );
    const ok = error === undefined;
    if (ok !== (trouble === undefined)) onWritable(ok, error);
    trouble = error && { reason: reasonOf('letters', error), sinceMs: trouble?.sinceMs ?? clock.now() };
    return ok;
  }

  /** What waits in memory is older and goes first. */
  async function flush(): Promise<boolean> {
    if (memory.newest.length === 0) return true;
    const waiting = memory.take();
    const isWritten = await append(waiting);
    if (!isWritten) await memory.write(waiting);
    return isWritten;
  }

  async function keep(letters: readonly DeadLetter[]): Promise<void> {
    if ((await flush()) && (await append(letters))) return;
    if (!isJournalInMemory()) throw new Error('dead letters cannot be written');
    await memory.write(letters);
  }

  async function upkeep(): Promise<void> {
    if (isStopped) return;
    cancelUpkeep = clock.schedule(UPKEEP_MS, () => void inTurn(upkeep));
    await flush();
    const nowMs = clock.now();
    if (nowMs - sweptAtMs < SWEEP_MS) return;
    sweptAtMs = nowMs;
    // What cannot be removed or compacted now is still there in an hour.
    await files.sweep(nowMs).catch(() => undefined);
    await marks.compact(nowMs - MAX_AGE_MS).catch(() => undefined);
  }

  return {
    dir,
    marks,
    get trouble() {
      return trouble;
    },
    start: () => inTurn(upkeep),
    write: (letters) =>
      inTurn(async () => {
        for (const run of inRuns(letters)) {
          await keep(run);
          if (run.length === RUN) await endOfTurn();
        }
      }),
    async *read(filter, onUnreadable = () => undefined) {
      yield* readDirectory(dir, filter, onUnreadable);
      yield* memory.read(filter);
    },
    async shutdown() {
      isStopped = true;
      cancelUpkeep();
      await inTurn(flush);
      memory.loseAll();
    },
  };
}

function* inRuns(letters: Iterable<DeadLetter>): Generator<DeadLetter[]> {
  let run: DeadLetter[] = [];
  for (const letter of letters) {
    run.push(letter);
    if (run.length < RUN) continue;
    yield run;
    run = [];
  }
  if (run.length > 0) yield run;
}
