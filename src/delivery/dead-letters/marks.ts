// Part of delivery: which dead letters were replayed and what became of them, in dead-letters/replayed.log. It is written before a
// letter is sent, so that a crash in between leaves a letter of which it is known that nobody knows, and never one sent twice.
import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome } from '../../ledger/ledger.ts';
import type { DestinationId } from '../../model/signals.ts';
import { appendLines, readLinesOf } from './lines.ts';

export type ReplayState =
  /** Written before it is sent. Where nothing follows, nobody knows whether it was. */
  | 'begun'
  /** In the journal, whose promise holds from there on. */
  | 'queued'
  /** The journal did not take it. */
  | 'refused'
  | Outcome;

/** One line of replayed.log. */
interface Mark {
  at: string;
  destination: DestinationId;
  state: ReplayState;
  /** `<id>@<receivedAt>` */
  letters: readonly string[];
}

/** By destination and letter: the last that was written. */
export type Marks = ReadonlyMap<string, ReplayState>;

export interface MarkBook {
  load(): Promise<Marks>;
  /** Rejects when they could not be written: then nothing may be sent. */
  append(destination: DestinationId, state: ReplayState, keys: readonly string[]): Promise<void>;
  /** Forgets what was marked before `beforeMs`: those letters are gone. */
  compact(beforeMs: number): Promise<void>;
}

/** Below this it is not worth it. */
const COMPACT_ABOVE_BYTES = 1024 * 1024;
const FILE = 'replayed.log';

export const markKey = (destination: DestinationId, key: string): string => `${destination} ${key}`;

/** True when a replay cannot double anything: there was none, or it is known to have come to nothing. */
export function isOpen(state: ReplayState | null): boolean {
  return state === null || state === 'refused' || state === 'dropped';
}

export async function readMarks(dir: string): Promise<Marks> {
  const marks = new Map<string, ReplayState>();
  for await (const mark of marksOf(join(dir, FILE))) note(marks, mark);
  return marks;
}

export function createMarkFile(dir: string, now: () => number, onError: (error: Error) => void): MarkBook {
  const path = join(dir, FILE);
  let last: Promise<void> = Promise.resolve();
  /** One after the other: the last mark of a letter is the one that counts. */
  const inTurn = (write: () => Promise<void>): Promise<void> => {
    const written = last.then(write);
    last = written.catch(() => undefined);
    return written;
  };
  return {
    load: () => readMarks(dir),
    append: (destination, state, letters) =>
      inTurn(async () => {
        const mark: Mark = { at: new Date(now()).toISOString(), destination, state, letters };
        await appendLines(path, `${JSON.stringify(mark)}\n`, state === 'begun').catch((error: Error) => {
          onError(error);
          throw error;
        });
      }),
    compact: (beforeMs) =>
      inTurn(async () => {
        const { size } = await stat(path).catch(() => ({ size: 0 }));
        if (size < COMPACT_ABOVE_BYTES) return;
        const kept: string[] = [];
        for await (const mark of marksOf(path))
          if (Date.parse(mark.at) >= beforeMs) kept.push(`${JSON.stringify(mark)}\n`);
        await writeFile(`${path}.new`, kept.join(''), { mode: 0o600 });
        await rename(`${path}.new`, path);
      }),
  };
}

/** For letters that are in memory themselves. */
export function createMarkMemory(): MarkBook {
  const marks = new Map<string, ReplayState>();
  return {
    load: async () => marks,
    async append(destination, state, letters) {
      note(marks, { destination, state, letters });
    },
    compact: async () => undefined,
  };
}

async function* marksOf(path: string): AsyncGenerator<Mark> {
  for await (const { bytes } of readLinesOf(path)) {
    const mark = parseMark(bytes.toString('utf8'));
    if (mark) yield mark;
  }
}

/** A line that was never finished marks nothing: what follows it was not done. */
function parseMark(text: string): Mark | undefined {
  try {
    const mark = JSON.parse(text) as Partial<Mark>;
    return Array.isArray(mark.letters) && mark.destination && mark.state ? (mark as Mark) : undefined;
  } catch {
    return undefined;
  }
}

function note(
  marks: Map<string, ReplayState>,
  { destination, state, letters }: Pick<Mark, 'destination' | 'state' | 'letters'>,
): void {
  for (const key of letters) marks.set(markKey(destination, key), state);
}
