// Part of delivery: how long to wait, and when to stop blaming the vendor.
import type { Random } from '../model/clock.ts';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** A vendor may ask for a long pause; beyond this we look again anyway. */
const LONGEST_RETRY_AFTER_MS = 300_000;
/** A refused key or permission is looked at again this often (DESIGN section 6). */
export const BLOCKED_PROBE_MS = 30_000;

/** A batch that fails this often while others succeed is taken apart in the side lane. */
export const LONELY_FAILURES_TO_ISOLATE = 5;
/** A single item that fails this often and this long is the vendor's problem with that item. */
export const GIVE_UP_ATTEMPTS = 10;
export const GIVE_UP_AFTER_MS = 15 * 60_000;

/** Exponential backoff with full jitter, or what the vendor asked for with a little jitter on top. */
export function backoffMs(failures: number, retryAfterMs: number | undefined, random: Random): number {
  if (retryAfterMs !== undefined) return Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS) + random() * 250;
  const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures - 1, 16));
  return Math.max(50, random() * ceiling);
}
