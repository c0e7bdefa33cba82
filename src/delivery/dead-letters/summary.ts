// Part of delivery: dead letters as a person wants to see them first: how many of which kind, how old, and the newest themselves.
import type { ReasonCode } from '../../model/reasons.ts';
import type { DestinationId } from '../../model/signals.ts';
import { type LetterHead, letterKey } from './letter.ts';
import { isOpen, type Marks, markKey, type ReplayState } from './marks.ts';
import type { FoundLetter } from './read.ts';

/** The letters of one destination and reason. */
export interface LetterGroup {
  destination: DestinationId;
  reason: ReasonCode;
  letters: number;
  suspect: number;
  /** Sent again, or begun to be; without those that the journal did not take or gave up. */
  replayed: number;
  oldest: string;
  newest: string;
}

export interface ListedLetter extends LetterHead {
  /** How far its replay came; null when there was none. */
  replay: ReplayState | null;
  /** Of the whole line. */
  bytes: number;
  /** Where they were asked for and have room in the answer. */
  otlp?: object;
  document?: string;
  documents?: readonly string[];
  raw?: string;
}

export interface Summary {
  groups: readonly LetterGroup[];
  /** Newest first. */
  newest: readonly ListedLetter[];
}

export interface SummaryOptions {
  newest: number;
  /** With what they hold. */
  inFull: boolean;
}

/** Contents beyond this are left out of one answer, which is made in one turn of the event loop; the files have them. */
const MAX_CONTENT_BYTES = 1024 * 1024;

export async function summarize(
  letters: AsyncIterable<FoundLetter>,
  marks: Marks,
  options: SummaryOptions,
): Promise<Summary> {
  const groups = new Map<string, LetterGroup>();
  const newest = new Newest(options.newest, options.inFull ? MAX_CONTENT_BYTES : 0);
  for await (const { head, line } of letters) {
    const replay = marks.get(markKey(head.destination, letterKey(head))) ?? null;
    count(groups, head, replay);
    newest.offer(head, replay, line);
  }
  const order = (a: LetterGroup, b: LetterGroup) => b.newest.localeCompare(a.newest);
  return { groups: [...groups.values()].sort(order), newest: newest.list() };
}

function count(groups: Map<string, LetterGroup>, head: LetterHead, replay: ReplayState | null): void {
  const { destination, reason, deadAt } = head;
  const key = `${destination} ${reason.code}`;
  const fresh = { destination, reason: reason.code, letters: 0, suspect: 0, replayed: 0 };
  const group = groups.get(key) ?? { ...fresh, oldest: deadAt, newest: deadAt };
  groups.set(key, group);
  group.letters += 1;
  if (head.suspect) group.suspect += 1;
  if (!isOpen(replay)) group.replayed += 1;
  if (deadAt < group.oldest) group.oldest = deadAt;
  if (deadAt > group.newest) group.newest = deadAt;
}

interface Kept {
  head: LetterHead;
  replay: ReplayState | null;
  bytes: number;
  /** A copy: the line itself is a view of a larger read. */
  line: Buffer | undefined;
}

/** The newest of those offered, with as many contents as fit. */
class Newest {
  readonly #count: number;
  readonly #kept: Kept[] = [];
  #roomBytes: number;

  constructor(count: number, contentBytes: number) {
    this.#count = count;
    this.#roomBytes = contentBytes;
  }

  offer(head: LetterHead, replay: ReplayState | null, line: Buffer): void {
    const after = this.#kept.findLastIndex((kept) => kept.head.deadAt <= head.deadAt);
    if (after < 0 && this.#kept.length >= this.#count) return;
    this.#kept.splice(after + 1, 0, { head, replay, bytes: line.length, line: this.#hold(line) });
    if (this.#kept.length > this.#count) this.#release(this.#kept.shift());
  }

  list(): ListedLetter[] {
    return this.#kept.toReversed().map(({ head, replay, bytes, line }) => {
      const whole = line ? (JSON.parse(line.toString('utf8')) as LetterHead) : head;
      // Contents stay last, so that what is listed can be replayed as it is.
      return { ...head, replay, bytes, ...whole };
    });
  }

  /** The newest come last and have first claim to the room. */
  #hold(line: Buffer): Buffer | undefined {
    for (const kept of this.#kept) {
      if (line.length <= this.#roomBytes) break;
      this.#release(kept);
    }
    if (line.length > this.#roomBytes) return undefined;
    this.#roomBytes -= line.length;
    return Buffer.from(line);
  }

  #release(kept: Kept | undefined): void {
    this.#roomBytes += kept?.line?.length ?? 0;
    if (kept) kept.line = undefined;
  }
}
