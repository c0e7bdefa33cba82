// Part of exporters/rollbar: what was logged in the trace before it failed, as Rollbar's timeline shows it.
import type { RecentLog } from '../../correlation/recent-logs.ts';
import { levelOf } from './occurrence.ts';

/** Rollbar's own libraries keep no more. */
const MAX_EVENTS = 100;

/** Undefined when there is nothing to show. The latest are kept. */
export function telemetryOf(logs: readonly RecentLog[]): readonly object[] | undefined {
  if (logs.length === 0) return undefined;
  return logs.slice(-MAX_EVENTS).map(({ timeUnixNano, severityNumber, text }) => ({
    level: severityNumber === 0 ? 'info' : levelOf(severityNumber),
    type: 'log',
    source: 'server',
    timestamp_ms: Number(timeUnixNano / 1_000_000n),
    body: { message: text },
  }));
}
