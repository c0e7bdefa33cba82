// Part of exporters/honeycomb: the exporter, as a table of contents.
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import type { HttpClient } from '../../http/client.ts';
import { protobufToJson } from '../../protocols/otlp/json.ts';
import type { AppKeys } from './app-keys.ts';
import { check } from './check.ts';
import type { HoneycombConfig } from './config.ts';
import { encode, MAX_REQUEST_BYTES, MAX_REQUEST_SPANS, type Part, split } from './encoder.ts';
import { createIdentity } from './identity.ts';
import { createInProgress } from './in-progress.ts';
import { traceUrl } from './links.ts';
import { createTransport } from './transport.ts';

export function create(
  config: HoneycombConfig,
  context: ExporterContext & { http: HttpClient; appKeys: AppKeys },
): Exporter<Part> {
  const identity = createIdentity(config, context.http, context.clock);
  const waiting = { unfinishedAfterMs: config.unfinishedAfterMs, now: () => context.clock.now() };
  const inProgress = createInProgress(context.decoder, waiting);
  const userAgent = `sidecast/${context.version}`;
  return {
    limits: {
      maxItems: MAX_REQUEST_SPANS,
      maxBytes: MAX_REQUEST_BYTES,
      ordered: false,
      maxWaitMs: 200,
      concurrency: 4,
    },
    encode: (record, asked) => encode(record, config.dataset, (one) => inProgress(one, asked?.isFinal)),
    preview: (record) =>
      encode(record, config.dataset, (one) => createInProgress(context.decoder, waiting)(one, true)),
    split,
    send: createTransport(config, { ...context, userAgent }),
    show: async ({ value }) => protobufToJson(value.signal, value.bytes),
    check: () => check(config, context.http, identity.learn),
    traceUrl: (trace) => traceUrl(config, identity.known(), trace),
    close: async () => undefined,
  };
}
