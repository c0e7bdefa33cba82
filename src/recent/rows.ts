// Part of recent: rows of the list, of the waterfall and of the logs, from decoded items.
import { requestFacts, textOf } from '../model/http-request.ts';
import { SpanKind, StatusCode } from '../model/otlp.ts';
import type { DecodedItems, SeenLog, SeenSpan } from './decoded.ts';
import type { Deliveries } from './deliveries.ts';
import { requestName } from './entry.ts';
import type { KeptTrace } from './kept.ts';
import type { Came, Delivery, LogRow, SpanRow, TraceRow } from './shapes.ts';
import { attributesOf, elapsedMs, plainValue, unixNano } from './values.ts';

const KINDS: Readonly<Record<number, SpanRow['kind']>> = {
  [SpanKind.SERVER]: 'server',
  [SpanKind.CLIENT]: 'client',
  [SpanKind.PRODUCER]: 'producer',
  [SpanKind.CONSUMER]: 'consumer',
};

/** OTLP's severity numbers come in sixes of four. */
const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];

export const serviceOf = ({ resource }: Pick<SeenSpan, 'resource'>) =>
  textOf(resource.attributes, 'service.name') ?? 'unknown_service';

/** The first without a parent; else the first whose parent was not received. */
export function rootOf(spans: readonly SeenSpan[]): SeenSpan | undefined {
  const ids = new Set(spans.map(({ span }) => span.spanId));
  const rank = ({ span }: SeenSpan) => (span.parentSpanId === '' ? 0 : ids.has(span.parentSpanId) ? 2 : 1);
  return spans.reduce<SeenSpan | undefined>((best, one) => {
    if (!best || rank(one) < rank(best)) return one;
    const isEarlier = one.span.startTimeUnixNano < best.span.startTimeUnixNano;
    return rank(one) === rank(best) && isEarlier ? one : best;
  }, undefined);
}

export function traceRow(trace: KeptTrace, items: DecodedItems, deliveries: Deliveries): TraceRow {
  const version = trace.lastVersion;
  if (trace.row?.version === version) return trace.row;
  const spans = items.spansOf(trace);
  const logs = trace.parts.filter(({ signal }) => signal === 'logs');
  const root = rootOf(spans);
  const facts = root && requestFacts(root.span.attributes);
  const logCount = logs.reduce((sum, kept) => sum + [...kept.itemsOf(trace)].length, 0);
  const userId = first(spans, ({ span }) => textOf(span.attributes, 'user.id', 'enduser.id'));
  trace.row = {
    id: trace.id,
    version,
    receivedAtMs: trace.receivedAtMs,
    startUnixNano: unixNano(root?.span.startTimeUnixNano ?? BigInt(trace.receivedAtMs) * 1_000_000n),
    durationMs: durationOf(root, spans),
    name: root ? nameOf(root) : '(log records)',
    ...(facts && { method: facts.method }),
    ...(facts && { route: facts.route ?? facts.path }),
    ...(facts?.status !== undefined && { statusCode: facts.status }),
    ...(userId !== undefined && { userId }),
    services: [...new Set(spans.map(serviceOf))],
    spans: spans.length,
    logs: logCount,
    errors: spans.filter(({ span }) => span.status.code === StatusCode.ERROR).length,
    came: [...new Set(spans.map(({ came }) => came))] as Came[],
    ...(trace.isPartial && { isPartial: true }),
    chips: trace.isReplayed
      ? deliveries.chipsOfReplayed(items.accountsOf(trace))
      : deliveries.chipsOf(trace, ({ signal }) => signal !== 'logs'),
  };
  return trace.row;
}

/** As the heat map counts it, so that a route is found in both. */
export function nameOf({ span, came }: SeenSpan): string {
  const facts = came === 'xray' ? requestFacts(span.attributes) : undefined;
  return facts ? requestName(facts.method, facts.path) : span.name;
}

function durationOf(root: SeenSpan | undefined, spans: readonly SeenSpan[]): number {
  if (!root) return 0;
  const { startTimeUnixNano, endTimeUnixNano } = root.span;
  if (endTimeUnixNano > 0n && root.span.parentSpanId === '')
    return elapsedMs(startTimeUnixNano, endTimeUnixNano);
  let [from, to] = [startTimeUnixNano, endTimeUnixNano];
  for (const { span } of spans) {
    if (span.startTimeUnixNano < from) from = span.startTimeUnixNano;
    if (span.endTimeUnixNano > to) to = span.endTimeUnixNano;
  }
  return elapsedMs(from, to);
}

function first<T>(spans: readonly SeenSpan[], find: (one: SeenSpan) => T | undefined): T | undefined {
  for (const one of spans) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function spanRow(seen: SeenSpan, deliveries: readonly Delivery[]): SpanRow {
  const { span, resource, scope, came } = seen;
  const { version } = scope;
  return {
    id: span.spanId,
    ...(span.parentSpanId !== '' && { parentId: span.parentSpanId }),
    came,
    service: serviceOf(seen),
    name: span.name,
    kind: KINDS[span.kind] ?? 'internal',
    startUnixNano: unixNano(span.startTimeUnixNano),
    durationMs: elapsedMs(span.startTimeUnixNano, span.endTimeUnixNano),
    ...(span.endTimeUnixNano === 0n && { inProgress: true }),
    error: span.status.code === StatusCode.ERROR,
    ...(span.status.message !== '' && { statusMessage: span.status.message }),
    attributes: attributesOf(span.attributes),
    resource: attributesOf(resource.attributes),
    ...(came === 'otlp' && scope.name !== '' && { scope: { name: scope.name, ...(version && { version }) } }),
    events: span.events.map(({ timeUnixNano, name, attributes }) => ({
      timeUnixNano: unixNano(timeUnixNano),
      name,
      attributes: attributesOf(attributes),
    })),
    links: span.links.map(({ traceId, spanId, attributes }) => ({
      traceId,
      spanId,
      attributes: attributesOf(attributes),
    })),
    deliveries,
  };
}

export function logRow(seen: SeenLog, deliveries: Deliveries): LogRow {
  const { log, resource, kept, item } = seen;
  const number = log.severityNumber;
  const timeUnixNano = log.timeUnixNano || log.observedTimeUnixNano || BigInt(kept.receivedAtMs) * 1_000_000n;
  return {
    id: `${kept.position}:${kept.sourceOf(item)}`,
    timeUnixNano: unixNano(timeUnixNano),
    severity: log.severityText || (SEVERITIES[Math.floor((number - 1) / 4)] ?? ''),
    severityNumber: number,
    service: serviceOf(seen),
    body: plainValue(log.body),
    ...(log.traceId !== '' && { traceId: log.traceId }),
    ...(log.spanId !== '' && { spanId: log.spanId }),
    attributes: attributesOf(log.attributes),
    resource: attributesOf(resource.attributes),
    chips: deliveries.chipsOfItem(kept, item),
  };
}
