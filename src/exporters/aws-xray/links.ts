// Part of exporters/aws-xray: where a trace is to be seen.
import { consoleUrl } from '../../aws/console.ts';
import type { TraceRef } from '../../delivery/exporter.ts';
import { toXRayTraceId } from '../../protocols/xray/ids.ts';
import type { XRayConfig } from './config.ts';

/** Undefined where the region is the profile's. */
export function traceUrl({ region }: XRayConfig, { traceId }: TraceRef): string | undefined {
  return region ? `${consoleUrl(region)}#xray:traces/${toXRayTraceId(traceId)}` : undefined;
}
