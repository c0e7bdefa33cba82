// Part of exporters/honeycomb: where a trace is to be seen.
import type { TraceRef } from '../../delivery/exporter.ts';
import type { HoneycombConfig } from './config.ts';
import type { Identity } from './identity.ts';

/**
 * Undefined until the key's team is known, and in Classic without a dataset. EU keys have their own console host. The form is that of the
 * documentation ("Share a Trace").
 */
export function traceUrl(
  { endpoint, dataset }: Pick<HoneycombConfig, 'endpoint' | 'dataset'>,
  identity: Identity | undefined,
  trace: TraceRef,
): string | undefined {
  const place = identity && placeOf(identity, dataset);
  if (!identity?.teamSlug || place === undefined) return undefined;
  const host = endpoint.hostname.includes('.eu1.') ? 'ui.eu1.honeycomb.io' : 'ui.honeycomb.io';
  const range = `trace_start_ts=${Math.floor(trace.startUnixMs / 1000)}&trace_end_ts=${Math.ceil(trace.endUnixMs / 1000)}`;
  return `https://${host}/${identity.teamSlug}/${place}/trace?trace_id=${shownId(trace.traceId)}&${range}`;
}

function placeOf({ environmentSlug }: Identity, dataset: string | undefined): string | undefined {
  if (environmentSlug !== '') return `environments/${environmentSlug}`;
  return dataset === undefined ? undefined : `datasets/${slugOf(dataset)}`;
}

/** As Honeycomb writes a dataset's name into addresses. */
export const slugOf = (dataset: string): string => dataset.toLowerCase().replace(/[^a-z0-9]+/g, '-');

/** Honeycomb shortens ids whose first 8 bytes are zero (husky): they came from a tracer with 64 bits. */
const shownId = (traceId: string) => traceId.replace(/^0{16}(?=[0-9a-f]{16}$)/, '');
