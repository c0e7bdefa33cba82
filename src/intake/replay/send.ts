// Part of intake: sends dead letters again. Marked first, then into the journal: a crash in between leaves a letter of which it is
// known that nobody knows, never one that is lost or sent twice unseen.
import { letterKey } from '../../delivery/dead-letters/letter.ts';
import type { MarkBook, ReplayState } from '../../delivery/dead-letters/marks.ts';
import type { FoundLetter } from '../../delivery/dead-letters/read.ts';
import type { Clock } from '../../model/clock.ts';
import type { Accepted, DestinationId, Position } from '../../model/signals.ts';
import { RefusedError, type ReplayIntake } from '../intake.ts';
import type { ReplayOutcome, ReplayOutcomes } from './outcomes.ts';
import { LEFT, type LeftWhy, type ReplayLine } from './report.ts';
import { revive } from './revive.ts';

export interface SendOptions {
  intake: ReplayIntake;
  marks: MarkBook;
  outcomes: ReplayOutcomes;
  clock: Clock;
  /** A bug on the way in. */
  onError(error: Error): void;
}

export interface SentLetter {
  destination: DestinationId;
  id: string;
  items: number;
  /** Where it lies in the journal; undefined while it does not. */
  position: Position | undefined;
}

/** `sent` hears of a letter before it can have an outcome, `ended` of its outcome. */
export interface SendListener {
  sent(letter: SentLetter): void;
  ended(letter: SentLetter, outcome: ReplayOutcome): void;
}

interface Ready extends SentLetter {
  key: string;
  record: Accepted;
}

/** Resolves with what was not sent, and why. */
export async function sendLetters(
  letters: readonly FoundLetter[],
  options: SendOptions,
  listener: SendListener,
): Promise<ReplayLine[]> {
  const left: ReplayLine[] = [];
  const ready = new Map<DestinationId, Ready[]>();
  for (const letter of letters) {
    const { destination } = letter.head;
    const prepared = await prepare(letter, options.clock.now());
    if ('event' in prepared) left.push(prepared);
    else ready.set(destination, [...(ready.get(destination) ?? []), prepared]);
  }
  for (const [destination, group] of ready)
    left.push(...(await sendGroup(destination, group, options, listener)));
  return left;
}

async function prepare(letter: FoundLetter, nowMs: number): Promise<Ready | ReplayLine> {
  const { head } = letter;
  try {
    const record = await revive(letter, nowMs);
    const { destination, id } = head;
    return {
      destination,
      id,
      items: record.summary.items,
      position: undefined,
      key: letterKey(head),
      record,
    };
  } catch (error) {
    return leftLine(head, 'malformed', `${LEFT.malformed}: ${(error as Error).message}`);
  }
}

async function sendGroup(
  destination: DestinationId,
  group: readonly Ready[],
  options: SendOptions,
  listener: SendListener,
): Promise<ReplayLine[]> {
  const { marks, outcomes } = options;
  const mark = async (state: ReplayState, letters: readonly Ready[]) => {
    const keys = letters.map(({ key }) => key);
    if (keys.length > 0) await marks.append(destination, state, keys);
  };
  try {
    await mark('begun', group);
  } catch {
    return group.map((letter) => leftLine(letter, 'unmarked'));
  }
  await Promise.all(group.map((letter) => sendOne(letter, options, listener)));
  const refused = group.filter(({ position }) => position === undefined);
  const queued = group.filter(({ position }) => position !== undefined && outcomes.isOpen(position));
  // Where these cannot be written the letters stay begun: unknown, which is true.
  await mark('refused', refused).catch(() => undefined);
  await mark('queued', queued).catch(() => undefined);
  return refused.map((letter) => leftLine(letter, 'refused'));
}

async function sendOne(letter: Ready, options: SendOptions, listener: SendListener): Promise<void> {
  const { intake, outcomes, onError } = options;
  const { destination, key, items, record } = letter;
  const onPosition = (position: Position) => {
    letter.position = position;
    listener.sent(letter);
    const onOutcome = (outcome: ReplayOutcome) => listener.ended(letter, outcome);
    outcomes.follow(position, { destination, key, items, onOutcome });
  };
  await intake.replay(record, onPosition).catch((error: Error) => {
    if (!(error instanceof RefusedError)) onError(error);
  });
}

export function leftLine(
  { destination, id }: Pick<SentLetter, 'destination' | 'id'>,
  why: LeftWhy,
  message: string = LEFT[why],
): ReplayLine {
  return { event: 'left', destination, id, why, message };
}
