// Part of exporters/honeycomb: where a trace is to be seen.
import type { TraceRef } from '../../delivery/exporter.ts';
import type { Identity } from './check.ts';
import type { HoneycombConfig } from './config.ts';

/** Undefined until the key's team is known. EU keys have their own console host. */
export function traceUrl(
  config: HoneycombConfig,
  identity: Identity | undefined,
  trace: TraceRef,
): string | undefined {
  if (!identity?.teamSlug) return undefined;
  const host = config.endpoint.hostname.includes('.eu1.') ? 'ui.eu1.honeycomb.io' : 'ui.honeycomb.io';
  const environment = identity.environmentSlug === '' ? '' : `/environments/${identity.environmentSlug}`;
  const range = `&trace_start_ts=${Math.floor(trace.startUnixMs / 1000)}&trace_end_ts=${Math.ceil(trace.endUnixMs / 1000)}`;
  return `https://${host}/${identity.teamSlug}${environment}/trace?trace_id=${trace.traceId}${range}`;
}
