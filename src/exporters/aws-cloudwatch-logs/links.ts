// Part of exporters/aws-cloudwatch-logs: where a trace's events are to be seen.
import { consoleUrl } from '../../aws/console.ts';
import type { TraceRef } from '../../delivery/exporter.ts';
import type { CloudWatchLogsConfig } from './config.ts';

/** Around the trace: events of the same request that were stamped by another clock. */
const MARGIN_MS = 300_000;

/** A Logs Insights query, in the console's own notation. Undefined as long as the region was not found. */
export function traceUrl(
  { region, group, requestsGroup = group }: CloudWatchLogsConfig,
  trace: TraceRef,
): string | undefined {
  if (!region || !group) return undefined;
  const groups = [...new Set([group, requestsGroup ?? group])].map((name) => `~${quoted(name)}`).join('');
  const time = (ms: number) => quoted(new Date(ms).toISOString());
  const query = `fields @timestamp, level, message | filter traceId = "${trace.traceId}" | sort @timestamp`;
  const range = `end~${time(trace.endUnixMs + MARGIN_MS)}~start~${time(trace.startUnixMs - MARGIN_MS)}~timeType~'ABSOLUTE~tz~'UTC`;
  return `${consoleUrl(region)}#logsV2:logs-insights$3FqueryDetail$3D~(${range}~editorString~${quoted(query)}~source~(${groups}))`;
}

/** Text begins with an apostrophe; whatever is no letter, digit, dot, dash or underscore is `*` and two hex digits. */
function quoted(text: string): string {
  return `'${text.replace(/[^A-Za-z0-9._-]/g, (char) => `*${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}`;
}
