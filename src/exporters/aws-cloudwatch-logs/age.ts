// Part of exporters/aws-cloudwatch-logs: how far back and ahead an event may lie.
import type { Reason } from '../../model/reasons.ts';

/** PutLogEvents takes 14 days back and 2 hours ahead. Five minutes less, for the way there and for clocks. */
const MARGIN_MS = 300_000;
const OLDEST_MS = 14 * 86_400_000 - MARGIN_MS;
const NEWEST_MS = 2 * 3_600_000 - MARGIN_MS;

/** Why PutLogEvents would refuse an event of that time now. */
export function untimely(timeUnixMs: number, nowMs: number): Reason | undefined {
  if (timeUnixMs < nowMs - OLDEST_MS) return tooOld;
  return timeUnixMs > nowMs + NEWEST_MS ? tooNew : undefined;
}

const tooOld: Reason = {
  code: 'too_old',
  message: 'the event is older than the 14 days that CloudWatch Logs takes',
  fix: "Check the sender's clock; the dead letter holds the event.",
};
const tooNew: Reason = {
  code: 'too_new',
  message: 'the event is further ahead than the 2 hours that CloudWatch Logs takes',
  fix: "Check the sender's clock; the dead letter holds the event.",
};
