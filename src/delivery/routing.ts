// Part of delivery: which records a destination has any use for, from the summary alone (DESIGN section 5).
import type { ReasonCode } from '../model/reasons.ts';
import type { DestinationId, Origin, Signal, Summary } from '../model/signals.ts';

/**
 * `native`: of a service that sends both, each destination gets the copy in its own protocol (native-first.ts). `otlp`: X-Ray
 * segments are skipped, X-Ray gets translated spans. `all`: everything everywhere.
 */
export type Routing = 'native' | 'otlp' | 'all';

/** False for a replayed dead letter everywhere but where it died: there it is neither accepted nor counted. */
export function isMeantFor(destination: DestinationId, { only }: Origin): boolean {
  return only === undefined || only === destination;
}

/**
 * Why nothing of a record is for this destination; undefined when something is. Decided at intake and again at recovery.
 * `errorLogs`: Rollbar takes logs of severity ERROR and above, also without an exception.
 */
export function skipReason(
  routing: Routing,
  destination: DestinationId,
  signal: Signal,
  summary: Summary,
  errorLogs = false,
): ReasonCode | undefined {
  if (summary.items === 0) return 'not_applicable';
  if (signal === 'segments' && routing === 'otlp') return 'routing';
  switch (destination) {
    case 'honeycomb':
      return undefined;
    case 'aws-xray':
      return signal === 'traces' || signal === 'segments' ? undefined : 'signal_unsupported';
    case 'aws-cloudwatch-logs':
      if (signal === 'metrics') return 'signal_unsupported';
      if (signal === 'logs') return undefined;
      return summary.serverSpans > 0 || summary.exceptions > 0 ? undefined : 'not_applicable';
    case 'rollbar':
      if (signal === 'metrics') return 'signal_unsupported';
      if (errorLogs && signal === 'logs' && summary.errors > 0) return undefined;
      return summary.exceptions > 0 ? undefined : 'not_applicable';
  }
}
