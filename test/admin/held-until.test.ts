// Part of the tests: the promise of /status about data that cannot go out: until when it is held.
import { describe, expect, it } from 'vitest';
import { heldUntilMs } from '../../src/admin/held-until.ts';

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
const NOW_MS = 1_800_000_000_000;

function hoursLeft(heldForHours: number, backlogMiB: number, journalMiB = backlogMiB, maxAgeHours = 168) {
  const untilMs = heldUntilMs({
    nowMs: NOW_MS,
    maxAgeMs: maxAgeHours * HOUR_MS,
    journal: { bytes: journalMiB * MIB, maxBytes: 1024 * MIB },
    backlog: { bytes: backlogMiB * MIB, oldestReceivedAtMs: NOW_MS - heldForHours * HOUR_MS },
  });
  return (untilMs - NOW_MS) / HOUR_MS;
}

describe(heldUntilMs, () => {
  it('is SIDECAST_MAX_AGE after the oldest was received, where little arrives', () => {
    expect(hoursLeft(1, 1)).toBe(167);
  });

  it('is when the journal is full, where that comes first: at the rate of the outage so far', () => {
    expect(hoursLeft(2, 256)).toBeCloseTo(6);
    expect(hoursLeft(2, 256, 768)).toBeCloseTo(2);
  });

  it('is now where the journal is full already', () => {
    expect(hoursLeft(2, 1024, 1025)).toBe(0);
  });

  it('does not take the first burst for a rate', () => {
    expect(hoursLeft(0, 1)).toBeCloseTo((1023 * 10) / 3600);
  });
});
