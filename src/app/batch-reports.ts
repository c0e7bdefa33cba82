// Part of app: says of each request of an exporter how it went: the X-Ray daemon's users look for that line.
import type { Exporter } from '../delivery/exporter.ts';
import type { Clock } from '../model/clock.ts';
import type { BatchReport } from '../telemetry/events.ts';

/** A batch that is wrong as a whole says so no more often than this. */
const MAX_REASONS = 5;

export function reportBatches<T>(
  exporter: Exporter<T>,
  clock: Clock,
  onBatch: (report: BatchReport) => void,
): Exporter<T> {
  return {
    ...exporter,
    async send(items, signal) {
      const startedAtMs = clock.now();
      const result = await exporter.send(items, signal);
      if (result.status === 'delivered') {
        const words = result.refused.map(({ vendor, reason }) => vendor?.body ?? reason.message);
        onBatch({
          documents: items.length,
          unprocessed: result.refused.length,
          elapsedMs: clock.now() - startedAtMs,
          reasons: words.slice(0, MAX_REASONS),
        });
      }
      return result;
    },
  };
}
