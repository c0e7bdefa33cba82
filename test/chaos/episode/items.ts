// Part of the chaos tests: what is sent, and under which ids each destination has to have it.
import { uuidOf } from '../../../src/exporters/rollbar/uuid.ts';
import type { DestinationId, OtlpSignal } from '../../../src/model/signals.ts';
import { derivedId } from '../../../src/protocols/xray/ids.ts';

/** A span, log record, metric point or segment. */
export interface SourceItem {
  /** When it was answered or handed over, of the process's clock: tells at a failure what was going on. */
  sentAtMs?: number;
  /** As the sandbox's audit knows it. A destination without any has no use for the item. */
  ids: Readonly<Partial<Record<DestinationId, readonly string[]>>>;
}

export interface OtlpRequest {
  signal: OtlpSignal;
  /** OTLP/JSON. */
  message: object;
  items: readonly SourceItem[];
}

export interface Datagram {
  text: string;
  item: SourceItem;
}

type Random = () => number;

const CALLER = 'ca11e4ca11e4ca11';
const ITEMS_PER_REQUEST = 12;
/** Two names, because one service that speaks both protocols is described twice and told once. */
const OTLP_SERVICE = 'chaos-otlp';
const XRAY_SERVICE = 'chaos-xray';
const EXCEPTION = { 'exception.type': 'ValueError', 'exception.message': 'boom' };

const attributes = (pairs: Readonly<Record<string, string | number>>) =>
  Object.entries(pairs).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
const resource = { attributes: attributes({ 'service.name': OTLP_SERVICE }) };
const scope = { name: 'chaos' };

/** Ids are counted, so that no two items of an episode share one. */
export function createItems(random: Random) {
  let count = 0;
  const nextId = () => {
    count += 1;
    return count.toString(16).padStart(16, '0');
  };
  const nanos = () => `${BigInt(Date.now()) * 1_000_000n + BigInt(count)}`;
  const traceIdOf = (id: string) => Math.floor(Date.now() / 1000).toString(16) + id.padStart(24, '0');

  function span(): { json: object; item: SourceItem } {
    const spanId = nextId();
    const traceId = traceIdOf(spanId);
    const isServer = random() < 0.6;
    const fails = random() < 0.25;
    const parentSpanId = isServer || random() < 0.5 ? '' : CALLER;
    const http = { 'http.method': 'GET', 'http.target': '/', 'http.status_code': fails ? 500 : 200 };
    const json = {
      traceId,
      spanId,
      name: isServer ? 'GET /' : 'SELECT',
      kind: isServer ? 2 : 3,
      parentSpanId,
      startTimeUnixNano: nanos(),
      endTimeUnixNano: nanos(),
      attributes: isServer ? attributes(http) : [],
      events: fails ? [{ timeUnixNano: nanos(), name: 'exception', attributes: attributes(EXCEPTION) }] : [],
      status: fails ? { code: 2, message: 'boom' } : {},
    };
    const ids = spanIds(traceId, spanId, isServer, fails);
    if (isServer || parentSpanId !== '') return { json, item: { ids } };
    // X-Ray has a call that nothing surrounds as a subsegment in a segment made for it.
    return { json, item: { ids: { ...ids, 'aws-xray': [spanId, derivedId(`${spanId}^`)] } } };
  }

  function logRecord(): { json: object; item: SourceItem } {
    const name = nextId();
    const [traceId, spanId] = [traceIdOf(name), name];
    const fails = random() < 0.2;
    const timeUnixNano = nanos();
    const body = `line ${name}`;
    const json = {
      timeUnixNano,
      traceId,
      spanId,
      severityNumber: fails ? 17 : 9,
      body: { stringValue: body },
      attributes: attributes({ 'log.id': name, ...(fails ? EXCEPTION : {}) }),
    };
    const parts = ['log', timeUnixNano, traceId, spanId, 'ValueError', 'boom', body];
    const ids = {
      honeycomb: [`log:${name}`],
      'aws-cloudwatch-logs': [`log:${name}`],
      ...(fails ? { rollbar: [uuidOf(parts.join(':'))] } : {}),
    };
    return { json, item: { ids } };
  }

  function point(): { json: object; item: SourceItem } {
    const name = nextId();
    const json = { timeUnixNano: nanos(), asInt: '1', attributes: attributes({ 'point.id': name }) };
    return { json, item: { ids: { honeycomb: [`metric:${name}`] } } };
  }

  const several = <T>(make: () => T) =>
    Array.from({ length: 1 + Math.floor(random() * ITEMS_PER_REQUEST) }, make);

  return {
    request(): OtlpRequest {
      const choice = random();
      if (choice < 0.6) {
        const spans = several(span);
        const message = {
          resourceSpans: [{ resource, scopeSpans: [{ scope, spans: spans.map(({ json }) => json) }] }],
        };
        return { signal: 'traces', message, items: spans.map(({ item }) => item) };
      }
      if (choice < 0.85) {
        const logs = several(logRecord);
        const message = {
          resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: logs.map(({ json }) => json) }] }],
        };
        return { signal: 'logs', message, items: logs.map(({ item }) => item) };
      }
      const points = several(point);
      const gauge = { dataPoints: points.map(({ json }) => json) };
      const message = {
        resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [{ name: 'requests', gauge }] }] }],
      };
      return { signal: 'metrics', message, items: points.map(({ item }) => item) };
    },
    datagram(): Datagram {
      const spanId = nextId();
      const traceId = traceIdOf(spanId);
      const segment = {
        id: spanId,
        name: XRAY_SERVICE,
        trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
        start_time: Date.now() / 1000,
        end_time: Date.now() / 1000 + 0.01,
        http: { request: { method: 'GET', url: 'http://127.0.0.1/' }, response: { status: 200 } },
      };
      const text = `{"format":"json","version":1}\n${JSON.stringify(segment)}`;
      return { text, item: { ids: spanIds(traceId, spanId, true, false) } };
    },
  };
}

function spanIds(traceId: string, spanId: string, isServer: boolean, fails: boolean): SourceItem['ids'] {
  const id = `${traceId}:${spanId}`;
  const events = [...(isServer ? [`${id}:access`] : []), ...(fails ? [`${id}:error:0`] : [])];
  return {
    honeycomb: [id],
    'aws-xray': [spanId],
    ...(events.length > 0 ? { 'aws-cloudwatch-logs': events } : {}),
    ...(fails ? { rollbar: [uuidOf(`${id}:0`)] } : {}),
  };
}
