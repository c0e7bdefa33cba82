// Part of intake: a replay: dead letters go through the running sidecast to the destination where they died, and to no other.
import { letterKey } from '../../delivery/dead-letters/letter.ts';
import { isOpen, type Marks, markKey } from '../../delivery/dead-letters/marks.ts';
import type { FoundLetter } from '../../delivery/dead-letters/read.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Reason } from '../../model/reasons.ts';
import type { DestinationId } from '../../model/signals.ts';
import { count, LEFT, type LeftWhy, type ReplayLine, type ReplayTallies } from './report.ts';
import { leftLine, type SendOptions, sendLetters } from './send.ts';
import { Watch } from './watch.ts';

export interface ReplayRequest {
  /** Also those of which the vendor did not say that they were bad. */
  suspect: boolean;
  /** Also those that were replayed before. */
  again: boolean;
  /** Say what would be sent, and send nothing. */
  dryRun: boolean;
  /** How long to wait for outcomes. */
  waitMs: number;
}

export interface ReplayOptions extends SendOptions {
  ledger: Ledger;
  /** Why a destination is off; undefined when it is on. */
  off(destination: DestinationId): Reason | undefined;
  onEnd(tallies: ReplayTallies): void;
}

export interface Replay {
  /** A line for each letter when its outcome is known, or the time is over; then the sum. */
  run(request: ReplayRequest, letters: AsyncIterable<FoundLetter>): AsyncGenerator<ReplayLine>;
}

/** One mark and one group of appends for so many. */
const CHUNK_LETTERS = 200;
const CHUNK_BYTES = 4 * 1024 * 1024;
/** How often it says that it is still waiting. */
const TICK_MS = 1000;

export function createReplay(options: ReplayOptions): Replay {
  let isSending = false;

  async function* send(
    request: ReplayRequest,
    letters: AsyncIterable<FoundLetter>,
    watch: Watch,
  ): AsyncGenerator<ReplayLine> {
    const marks = await options.marks.load();
    let isRefused = false;
    for await (const chunk of inChunks(letters)) {
      const chosen: FoundLetter[] = [];
      for (const letter of chunk) {
        const why = whyLeft(letter, marks, request, options) ?? (isRefused ? 'refused' : undefined);
        if (why) yield leftLine(letter.head, why, messageOf(why, letter.head.destination));
        else chosen.push(letter);
      }
      if (request.dryRun) yield* chosen.map(replayable);
      else {
        const left = await sendLetters(chosen, options, watch);
        isRefused ||= left.some((line) => line.event === 'left' && line.why === 'refused');
        yield* left;
      }
      yield* watch.take();
    }
  }

  /** Until all have their outcome, the time is over, or only a person can help. */
  async function* wait(waitMs: number, watch: Watch): AsyncGenerator<ReplayLine> {
    const { clock, ledger } = options;
    const deadlineMs = clock.now() + waitMs;
    while (watch.open.size > 0 && clock.now() < deadlineMs) {
      const hasNews = await watch.news(Math.min(TICK_MS, deadlineMs - clock.now()));
      yield* watch.take();
      if (hasNews) continue;
      yield { event: 'waiting', queued: watch.queued() };
      const waiting = [...watch.open];
      if (waiting.every(({ destination }) => ledger.account(destination)?.state === 'blocked')) break;
    }
    yield* watch.finish((destination) => ledger.account(destination)?.reason);
  }

  function messageOf(why: LeftWhy, destination: DestinationId): string {
    const off = why === 'off' ? options.off(destination) : undefined;
    return off ? `${LEFT.off}: ${off.fix}` : LEFT[why];
  }

  async function* lines(
    request: ReplayRequest,
    letters: AsyncIterable<FoundLetter>,
  ): AsyncGenerator<ReplayLine> {
    if (isSending) {
      yield { event: 'failed', message: 'nothing was sent: another replay is being sent' };
      return;
    }
    const watch = new Watch(options.clock);
    isSending = true;
    try {
      yield* send(request, letters, watch);
    } finally {
      isSending = false;
    }
    yield* wait(request.waitMs, watch);
  }

  return {
    async *run(request, letters) {
      const tallies: ReplayTallies = {};
      try {
        for await (const line of lines(request, letters)) {
          count(tallies, line);
          yield line;
        }
        yield { event: 'sum', destinations: tallies };
      } finally {
        if (!request.dryRun) options.onEnd(tallies);
      }
    },
  };
}

function whyLeft(
  { head, kind }: FoundLetter,
  marks: Marks,
  { suspect, again }: ReplayRequest,
  { off }: ReplayOptions,
): LeftWhy | undefined {
  if (kind === 'raw') return 'raw';
  const state = marks.get(markKey(head.destination, letterKey(head))) ?? null;
  if (!again && !isOpen(state)) return state === 'begun' ? 'unknown' : 'replayed';
  if (head.suspect && !suspect) return 'suspect';
  return off(head.destination) ? 'off' : undefined;
}

const replayable = ({ head: { destination, id } }: FoundLetter): ReplayLine => ({
  event: 'replayable',
  destination,
  id,
});

async function* inChunks(letters: AsyncIterable<FoundLetter>): AsyncGenerator<FoundLetter[]> {
  let chunk: FoundLetter[] = [];
  let bytes = 0;
  for await (const letter of letters) {
    chunk.push(letter);
    bytes += letter.line.length;
    if (chunk.length < CHUNK_LETTERS && bytes < CHUNK_BYTES) continue;
    yield chunk;
    chunk = [];
    bytes = 0;
  }
  if (chunk.length > 0) yield chunk;
}
