// Part of delivery: lines and items that name both traces of a request wait until its pair is known, logged exceptions for their span.
import type { Pairs } from '../correlation/pairs.ts';
import type { DestinationId, JournalRecord, Signal } from '../model/signals.ts';
import { type Chooser, EVERYTHING } from './choice.ts';

/**
 * A segment comes when its request ends; spans come up to 5 s later, log records likewise (batch processors of the OTel SDKs). So what
 * comes as a span has its segment here already, and the others wait for their span.
 */
const HOLD_MS: Readonly<Record<Signal, number>> = { traces: 1000, segments: 5500, logs: 5500, metrics: 0 };

const WRITE_LINES: readonly DestinationId[] = ['aws-cloudwatch-logs', 'rollbar'];

/** Holds nothing but logged exceptions while no request has a pair: then nothing else waits for one. */
export function pairHold(
  destination: DestinationId,
  pairs: Pick<Pairs, 'isPairing'>,
  nowMs: () => number,
): Chooser | undefined {
  if (!WRITE_LINES.includes(destination)) return undefined;
  // Of an exception that a span recorded as well there is one item, and the span knows the request: it goes first.
  const mayHaveSpan = ({ signal, summary }: JournalRecord) =>
    destination === 'rollbar' && signal === 'logs' && summary.exceptions > 0;
  return (record) => {
    const untilMs = record.receivedAtMs + HOLD_MS[record.signal];
    if (record.origin.replayOf !== undefined || untilMs <= nowMs()) return EVERYTHING;
    const isHeld = pairs.isPairing(nowMs()) || mayHaveSpan(record);
    return isHeld ? { without: [], vagueUntilMs: untilMs } : EVERYTHING;
  };
}
