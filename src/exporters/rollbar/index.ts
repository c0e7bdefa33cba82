// Part of exporters/rollbar: the exporter, as a table of contents.
import { ReportedExceptions } from '../../correlation/reported.ts';
import type { Exporter, ExporterContext, IsOut } from '../../delivery/exporter.ts';
import type { HttpClient } from '../../http/client.ts';
import type { JournalRecord } from '../../model/signals.ts';
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
  const policyOf = (maxPerMinute: number): Policy => ({
    handledLevel: config.handledLevel,
    errorLogs: config.errorLogs === 'on',
    throttle: new Throttle(maxPerMinute),
    reported: new ReportedExceptions(),
    idsOf: context.idsOf,
  });
  const policy = policyOf(config.maxPerMinute);
  const encodeBy = (record: JournalRecord, by: Policy, isOut?: IsOut) =>
    withIds(encode(record, context.decoder, by, isOut), record.signal, context.idsOf);
  return {
    limits: {
      maxItems: 1,
      maxBytes: MAX_PAYLOAD_BYTES,
      ordered: false,
      maxWaitMs: 0,
      concurrency: 4,
    },
    encode: (record, asked) => encodeBy(record, policy, asked?.isOut),
    preview: (record) => encodeBy(record, policyOf(0)),
    send: createTransport(config, context),
    show: async ({ value }) => shownItem(value, config, context),
    check: () => check(config, context),
    traceUrl,
    close: async () => undefined,
  };
}
