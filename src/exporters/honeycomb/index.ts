// Part of exporters/honeycomb: the exporter, as a table of contents.
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import type { HttpClient } from '../../http/client.ts';
import { createBufferPool } from '../../model/buffer-pool.ts';
import { Shelf } from '../../model/shelf.ts';
import { protobufToJson } from '../../protocols/otlp/json.ts';
import type { AppKeys } from './app-keys.ts';
import { check } from './check.ts';
import type { HoneycombConfig } from './config.ts';
import {
  documentEncoder,
  encode,
  MAX_REQUEST_BYTES,
  MAX_REQUEST_SPANS,
  type Part,
  split,
} from './encoder.ts';
import { createIdentity } from './identity.ts';
import { createInProgress } from './in-progress.ts';
import { traceUrl } from './links.ts';
import { createTransport } from './transport.ts';

/** Boards kept for the next documents. */
const IDLE_BYTES = 1024 * 1024;

export function create(
  config: HoneycombConfig,
  context: ExporterContext & { http: HttpClient; appKeys: AppKeys },
): Exporter<Part> {
  const identity = createIdentity(config, context.http, context.clock);
  const waiting = { unfinishedAfterMs: config.unfinishedAfterMs, now: () => context.clock.now() };
  const inProgress = createInProgress(context.decoder, waiting);
  const shelf = new Shelf(createBufferPool(IDLE_BYTES));
  const toShelf = documentEncoder(shelf);
  const userAgent = `sidecast/${context.version}`;
  return {
    limits: {
      maxItems: MAX_REQUEST_SPANS,
      maxBytes: MAX_REQUEST_BYTES,
      ordered: false,
      maxWaitMs: 200,
      concurrency: 4,
    },
    encode: (record, asked) =>
      encode(record, config.dataset, (one) => inProgress(one, toShelf, asked?.isFinal)),
    preview: (record) =>
      encode(record, config.dataset, (one) =>
        createInProgress(context.decoder, waiting)(one, documentEncoder(), true),
      ),
    split,
    send: createTransport(config, { ...context, userAgent, shelf }),
    show: async ({ value }) => protobufToJson(value.signal, value.bytes),
    check: () => check(config, context.http, identity.learn),
    traceUrl: (trace) => traceUrl(config, identity.known(), trace),
    close: async () => undefined,
  };
}
