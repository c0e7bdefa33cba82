// Part of exporters/rollbar: the exporter, as a table of contents.
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import type { HttpClient } from '../../http/client.ts';
import { check } from './check.ts';
import type { RollbarConfig } from './config.ts';
import { encode } from './encoder.ts';
import { traceUrl } from './links.ts';
import type { Occurrence } from './occurrence.ts';
import { MAX_PAYLOAD_BYTES } from './payload.ts';
import { createTransport, shownItem } from './transport.ts';

export function create(
  config: RollbarConfig,
  context: ExporterContext & { http: HttpClient },
): Exporter<Occurrence> {
  return {
    limits: {
      maxItems: 1,
      maxBytes: MAX_PAYLOAD_BYTES,
      ordered: false,
      maxWaitMs: 0,
      concurrency: 4,
    },
    encode: (record) => encode(record, context.decoder),
    send: createTransport(config, context),
    show: async ({ value }) => shownItem(value, config, context),
    check: () => check(config, context),
    traceUrl,
    close: async () => undefined,
  };
}
