// Part of the tests: what waits until a request's pair is known.
import { describe, expect, it } from 'vitest';
import { pairHold } from '../../src/delivery/pair-hold.ts';
import type { DestinationId, JournalRecord, Signal } from '../../src/model/signals.ts';
import { accepted, ManualClock } from '../support/records.ts';

const record = (signal: Signal): JournalRecord => ({ ...accepted('', 1, signal), position: 0 });

function setUp(isPairing: boolean, destination: DestinationId = 'rollbar') {
  const clock = new ManualClock();
  const hold = pairHold(destination, { isPairing: () => isPairing }, () => clock.now());
  return { clock, hold };
}

describe(pairHold, () => {
  it.each([
    ['traces', 1000],
    ['logs', 5500],
    ['segments', 5500],
  ] as const)('holds %s for %d ms, and leaves nothing out', (signal, holdMs) => {
    const { clock, hold } = setUp(true);
    const receivedAtMs = clock.now();
    expect(hold?.(record(signal))).toEqual({ without: [], vagueUntilMs: receivedAtMs + holdMs });
    clock.advance(holdMs);
    expect(hold?.(record(signal))).toEqual({ without: [] });
  });

  it('holds nothing while no service sends its requests twice, nor a dead letter that is sent again', () => {
    expect(setUp(false).hold?.(record('traces'))).toEqual({ without: [] });
    const replayed = record('traces');
    replayed.origin.replayOf = '1:0@2026';
    expect(setUp(true).hold?.(replayed)).toEqual({ without: [] });
  });

  it('holds logged exceptions for Rollbar in any case, since a span may record them as well', () => {
    const logged = (exceptions: number) => {
      const one = record('logs');
      return { ...one, summary: { ...one.summary, exceptions } };
    };
    const { hold, clock } = setUp(false);

    expect(hold?.(logged(1))).toEqual({ without: [], vagueUntilMs: clock.now() + 5500 });
    expect(hold?.(logged(0))).toEqual({ without: [] });
    expect(setUp(false, 'aws-cloudwatch-logs').hold?.(logged(1))).toEqual({ without: [] });
  });

  it('is for the destinations that write lines', () => {
    const holds = (['honeycomb', 'aws-xray', 'aws-cloudwatch-logs', 'rollbar'] as const).map(
      (id) => setUp(true, id).hold !== undefined,
    );
    expect(holds).toEqual([false, false, true, true]);
  });
});
