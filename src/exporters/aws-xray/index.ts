// Part of exporters/aws-xray: the exporter, as a table of contents.
import type { XRay } from '../../aws/xray.ts';
import type { Exporter, ExporterContext } from '../../delivery/exporter.ts';
import { createBufferPool } from '../../model/buffer-pool.ts';
import { Shelf } from '../../model/shelf.ts';
import { createSpanTranslator } from '../../protocols/xray/from-spans.ts';
import { parseSegment } from '../../protocols/xray/segment.ts';
import { check } from './check.ts';
import type { XRayConfig } from './config.ts';
import { type Document, documentOf, encode, groupOf, MAX_DOCUMENTS, MAX_REQUEST_BYTES } from './encoder.ts';
import { traceUrl } from './links.ts';
import { createRecurringSpans } from './recurring.ts';
import { createTransport } from './transport.ts';

/** Request bodies and boards kept for the next ones. */
const IDLE_BYTES = 1024 * 1024;

export function create(
  config: XRayConfig & { logGroups?: readonly string[] },
  context: ExporterContext & { aws: { xray: XRay } },
): Exporter<Document> {
  const { xray } = context.aws;
  const toDocument = createSpanTranslator({
    annotations: config.annotations ?? [],
    logGroups: config.logGroups ?? [],
  });
  const pool = createBufferPool(IDLE_BYTES);
  const shelf = new Shelf(pool);
  const recurring = createRecurringSpans();
  return {
    limits: {
      maxItems: MAX_DOCUMENTS,
      maxBytes: MAX_REQUEST_BYTES,
      ordered: false,
      maxWaitMs: 500,
      concurrency: config.concurrency,
    },
    encode: (record, asked) => encode(record, { toDocument, shelf, recurring, isOut: asked?.isOut }),
    preview: (record) => encode(record, { toDocument }),
    groupOf,
    send: createTransport(xray, context.clock, pool, shelf),
    show: async ({ value }) => parseSegment(documentOf(value)),
    check: () => check(xray),
    traceUrl: (trace) => traceUrl(config.region ?? xray.knownRegion(), trace),
    close: () => xray.close(),
  };
}
