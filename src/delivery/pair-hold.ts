// Part of delivery: lines and items that name both traces of a request wait until its pair is known.
import type { Pairs } from '../correlation/pairs.ts';
import type { DestinationId, Signal } from '../model/signals.ts';
import type { Chooser } from './choice.ts';

/**
 * A segment comes when its request ends; spans come up to 5 s later, log records likewise (batch processors of the OTel SDKs). So what
 * comes as a span has its segment here already, and the others wait for their span.
 */
const HOLD_MS: Readonly<Record<Signal, number>> = { traces: 1000, segments: 5500, logs: 5500, metrics: 0 };

const WRITE_LINES: readonly DestinationId[] = ['aws-cloudwatch-logs', 'rollbar'];

/** Holds nothing while no request has a pair: then nothing waits for one. */
export function pairHold(
  destination: DestinationId,
  pairs: Pick<Pairs, 'isPairing'>,
  nowMs: () => number,
): Chooser | undefined {
  if (!WRITE_LINES.includes(destination)) return undefined;
  return ({ signal, receivedAtMs, origin }) => {
    const untilMs = receivedAtMs + HOLD_MS[signal];
    const isHeld = origin.replayOf === undefined && untilMs > nowMs() && pairs.isPairing(nowMs());
    return isHeld ? { without: [], undecidedUntilMs: untilMs } : { without: [] };
  };
}
