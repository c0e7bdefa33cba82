// Part of admin: until when the data of a destination that does not take it is held.

export interface Held {
  nowMs: number;
  maxAgeMs: number;
  journal: { bytes: number; maxBytes: number };
  backlog: { bytes: number; oldestReceivedAtMs: number };
}

/** A burst just after the start says little about the rate. */
const LEAST_OBSERVED_MS = 10_000;

/** SIDECAST_MAX_AGE ends it, or SIDECAST_JOURNAL_MAX_BYTES if data goes on to arrive as it has since the oldest that is held. */
export function heldUntilMs({ nowMs, maxAgeMs, journal, backlog }: Held): number {
  const byAgeMs = backlog.oldestReceivedAtMs + maxAgeMs;
  const bytesPerMs = backlog.bytes / Math.max(LEAST_OBSERVED_MS, nowMs - backlog.oldestReceivedAtMs);
  const roomBytes = Math.max(0, journal.maxBytes - journal.bytes);
  return bytesPerMs > 0 ? Math.min(byAgeMs, nowMs + roomBytes / bytesPerMs) : byAgeMs;
}
