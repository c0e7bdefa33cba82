// Part of exporters/rollbar: the token's rate limit, as every answer tells it. What is used up is not asked for.
import type { ExportResult } from '../../delivery/exporter.ts';
import type { HttpAnswer } from '../../http/client.ts';
import type { Clock } from '../../model/clock.ts';

/** Longer than any window of Rollbar; an answer that says more is not believed. */
const MAX_WAIT_MS = 3_600_000;

export interface RateWindow {
  /** Undefined while items may be sent. */
  closed(): ExportResult | undefined;
  read(headers: HttpAnswer['headers']): void;
}

export function createRateWindow(clock: Clock): RateWindow {
  let opensAtMs = 0;
  return {
    closed() {
      // A clock that was set back must not close it for longer than any window lasts.
      const waitMs = Math.min(opensAtMs - clock.now(), MAX_WAIT_MS);
      if (waitMs <= 0) return undefined;
      const message = "the token's rate limit is used up, says Rollbar";
      const fix =
        "Nothing: items are sent when the next window begins. Raise the token's rate limit if it stays.";
      return {
        status: 'retryable',
        reason: { code: 'throttled', message, fix },
        retryAfterMs: waitMs,
        counts: false,
      };
    },
    read(headers) {
      if (headers['x-rate-limit-remaining'] !== '0') return;
      opensAtMs = clock.now() + (rateLimitMs(headers) ?? 0);
    },
  };
}

/** When the window ends. Rollbar sends no Retry-After. */
export function rateLimitMs(headers: HttpAnswer['headers']): number | undefined {
  const waitMs = Number(headers['x-rate-limit-remaining-seconds']) * 1000;
  return waitMs > 0 ? Math.min(waitMs, MAX_WAIT_MS) : undefined;
}
