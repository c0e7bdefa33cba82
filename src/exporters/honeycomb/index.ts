// Part of exporters/honeycomb: the exporter, as a table of contents.
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import type { HttpClient } from '../../http/client.ts';
import { protobufToJson } from '../../protocols/otlp/json.ts';
import { check, type Identity } from './check.ts';
import type { HoneycombConfig } from './config.ts';
import { encode, MAX_REQUEST_BYTES, MAX_REQUEST_SPANS, type Part, split } from './encoder.ts';
import { traceUrl } from './links.ts';
import { createTransport } from './transport.ts';

export function create(
  config: HoneycombConfig,
  context: ExporterContext & { http: HttpClient },
): Exporter<Part> {
  let identity: Identity | undefined;
  const userAgent = `sidecast/${context.version}`;
  return {
    limits: {
      maxItems: MAX_REQUEST_SPANS,
      maxBytes: MAX_REQUEST_BYTES,
      ordered: false,
      maxWaitMs: 200,
      concurrency: 4,
    },
    encode: (record) => encode(record, config.dataset, context.decoder),
    split,
    send: createTransport(config, { http: context.http, clock: context.clock, userAgent }),
    show: async ({ value }) => protobufToJson(value.signal, value.bytes),
    check: () =>
      check(config, context.http, (found) => {
        identity = found;
      }),
    traceUrl: (trace) => traceUrl(config, identity, trace),
    close: async () => undefined,
  };
}
