// Part of exporters/aws-xray: where a trace is to be seen.
import { consoleUrl } from '../../aws/console.ts';
import type { TraceRef } from '../../delivery/exporter.ts';
import { toXRayTraceId } from '../../protocols/xray/ids.ts';

/** Undefined as long as the region was not found. */
export function traceUrl(region: string | undefined, { traceId }: TraceRef): string | undefined {
  return region ? `${consoleUrl(region)}#xray:traces/${toXRayTraceId(traceId)}` : undefined;
}
