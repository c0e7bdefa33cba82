// Part of receivers/otlp: says in the log what was turned away, without a line for each request.
import type { Clock } from '../../model/clock.ts';
import type { ReasonCode } from '../../model/reasons.ts';
import type { LogLine } from '../../telemetry/logger.ts';

/** One line a minute and reason: the counters have the rest. */
const QUIET_MS = 60_000;

export interface Tally {
  /** Python and Java SDKs hide why: this log is where their users can find it. */
  refused(reason: ReasonCode, status: number, items: number, message: string): void;
}

export function createTally(log: LogLine, clock: Clock): Tally {
  const seen = new Map<ReasonCode, { loggedAtMs: number; items: number }>();
  return {
    refused(reason, status, items, message) {
      const now = clock.now();
      const entry = seen.get(reason) ?? { loggedAtMs: Number.NEGATIVE_INFINITY, items: 0 };
      seen.set(reason, entry);
      entry.items += items;
      if (now - entry.loggedAtMs < QUIET_MS) return;
      log('warn', 'otlp_refused', 'OTLP was turned away', {
        code: reason,
        status,
        items: entry.items,
        reason: message,
      });
      entry.loggedAtMs = now;
      entry.items = 0;
    },
  };
}
