// Part of exporters/aws-cloudwatch-logs: the exporter, as a table of contents.
import type { Logs } from '../../aws/logs.ts';
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import { createBufferPool } from '../../model/buffer-pool.ts';
import { Shelf } from '../../model/shelf.ts';
import { check } from './check.ts';
import type { CloudWatchLogsConfig } from './config.ts';
import { encode, MAX_EVENTS, MAX_REQUEST_BYTES, MAX_SPREAD_MS } from './encoder.ts';
import { type LogEvent, shownEvent } from './event.ts';
import { traceUrl } from './links.ts';
import { partitions } from './partition.ts';
import { createTransport } from './transport.ts';

/** Request bodies and boards kept for the next ones. */
const IDLE_BYTES = 1024 * 1024;

export function create(
  config: CloudWatchLogsConfig,
  context: ExporterContext & { aws: { logs: Logs } },
): Exporter<LogEvent> {
  const { clock, decoder, idsOf, aws } = context;
  const { maxEventBytes } = config;
  const partitionOf = partitions(config.group ?? '', config.stream, config.requestsGroup);
  const encoding = { decoder, clock, partitionOf, maxEventBytes, idsOf };
  const pool = createBufferPool(IDLE_BYTES);
  const shelf = new Shelf(pool);
  return {
    limits: {
      maxItems: MAX_EVENTS,
      maxBytes: MAX_REQUEST_BYTES,
      maxSpreadMs: MAX_SPREAD_MS,
      ordered: true,
      maxWaitMs: 1000,
      concurrency: 4,
    },
    encode: (record) => encode(record, { ...encoding, shelf }),
    preview: (record) => encode(record, encoding),
    send: createTransport(aws.logs, config, clock, pool, shelf),
    show: async ({ value }) => shownEvent(value),
    check: () => check(aws.logs, partitionOf),
    traceUrl: (trace) => traceUrl({ ...config, region: config.region ?? aws.logs.knownRegion() }, trace),
    close: () => aws.logs.close(),
  };
}
