// Part of telemetry: a bound on lines whose number clients decide, such as one for each name that they send.
import type { Clock } from '../model/clock.ts';

const LINES_PER_MINUTE = 60;
const MINUTE_MS = 60_000;

/** True while there is room for another line in this minute. */
export function createLineLimit(clock: Pick<Clock, 'now'>): () => boolean {
  let minute = 0;
  let lines = 0;
  return () => {
    const now = Math.floor(clock.now() / MINUTE_MS);
    if (now !== minute) lines = 0;
    minute = now;
    lines += 1;
    return lines <= LINES_PER_MINUTE;
  };
}
