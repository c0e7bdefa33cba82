// Part of the tests: waits until what was sent has arrived at the sink.
import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 100;
/** Nothing more arrives when nothing has for so long. */
const STALLED_AFTER_MS = 5000;
const MAX_WAIT_MS = 60_000;

/** The audit, once everything is there or nothing comes any more. */
export async function untilArrived(sink, kind, items, destinations) {
  const startedMs = performance.now();
  let seen = '';
  let movedMs = startedMs;
  let audit;
  for (;;) {
    const arrived = JSON.stringify(await sink.ask({ arrived: true }));
    const nowMs = performance.now();
    const isStalled = nowMs - movedMs > STALLED_AFTER_MS || nowMs - startedMs > MAX_WAIT_MS;
    if (arrived !== seen || isStalled) {
      if (arrived !== seen) movedMs = nowMs;
      seen = arrived;
      audit = await sink.ask({ audit: { kind, items } });
      const isComplete = destinations.every((id) => audit.destinations[id].missing === 0);
      if (isComplete || isStalled) return audit;
    }
    await delay(POLL_MS);
  }
}
