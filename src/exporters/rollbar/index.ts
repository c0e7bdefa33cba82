// Part of exporters/rollbar: the exporter, as a table of contents.
import { ReportedExceptions } from '../../correlation/reported.ts';
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import type { HttpClient } from '../../http/client.ts';
import { check } from './check.ts';
import type { RollbarConfig } from './config.ts';
import { encode, type Policy } from './encoder.ts';
import { traceUrl } from './links.ts';
import type { Occurrence } from './occurrence.ts';
import { withIds } from './paired.ts';
import { MAX_PAYLOAD_BYTES } from './payload.ts';
import { Throttle } from './throttle.ts';
import { createTransport, shownItem } from './transport.ts';

export function create(
  config: RollbarConfig,
  context: ExporterContext & { http: HttpClient },
): Exporter<Occurrence> {
  const policy: Policy = {
    handledLevel: config.handledLevel,
    errorLogs: config.errorLogs === 'on',
    throttle: new Throttle(config.maxPerMinute),
    reported: new ReportedExceptions(),
  };
  return {
    limits: {
      maxItems: 1,
      maxBytes: MAX_PAYLOAD_BYTES,
      ordered: false,
      maxWaitMs: 0,
      concurrency: 4,
    },
    encode: (record) => withIds(encode(record, context.decoder, policy), record.signal, context.idsOf),
    send: createTransport(config, context),
    show: async ({ value }) => shownItem(value, config, context),
    check: () => check(config, context),
    traceUrl,
    close: async () => undefined,
  };
}
