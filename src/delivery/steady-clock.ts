// Part of delivery: a clock that never goes backwards. What is to be sent again at a time would otherwise wait for as long as the
// machine's clock was set back: hours, perhaps.
import type { Clock } from '../model/clock.ts';

export function steadyClock(clock: Clock): Clock {
  let aheadMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const nowMs = clock.now() + aheadMs;
      if (nowMs < lastMs) aheadMs += lastMs - nowMs;
      lastMs = Math.max(lastMs, nowMs);
      return lastMs;
    },
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
  };
}
