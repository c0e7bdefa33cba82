// Part of http: how long a vendor asks us to wait.

const MAX_WAIT_MS = 3_600_000;

/**
 * Retry-After as seconds or as an HTTP-date (RFC 9110 10.2.3; Honeycomb sends dates). Zero, past or unreadable values are
 * undefined: the caller's own backoff decides. At most one hour, so that a vendor's wrong clock cannot stop a destination.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>, nowMs: number): number | undefined {
  const text = headers['retry-after']?.trim();
  if (!text) return undefined;
  const waitMs = /^\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return waitMs > 0 ? Math.min(Math.ceil(waitMs), MAX_WAIT_MS) : undefined;
}
