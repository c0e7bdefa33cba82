// Part of the tests: one item of each sort that a backend sends, for the README's table of what becomes of it.
import type { Accepted, OtlpSignal } from '../../src/model/signals.ts';
import { jsonToProtobuf } from '../../src/protocols/otlp/json.ts';
import { scan } from '../../src/protocols/otlp/scan.ts';
import { frameDocuments, summarizeDocuments } from '../../src/protocols/xray/datagram.ts';
import { toXRayTraceId } from '../../src/protocols/xray/ids.ts';

export interface Input {
  what: string;
  accepted: Accepted;
}

const NOW_MS = 1_795_225_660_000;
const NANOS = `${NOW_MS}000000`;
const [SPAN_ID, CALLER] = ['53995c3f42cd8ad8', 'ca11e4ca11e4ca11'];
let traces = 0;
/** Each input is another trace: an exception that is told again is a duplicate. */
const nextTraceId = () => {
  traces += 1;
  return `${Math.floor(NOW_MS / 1000).toString(16)}${String(traces).padStart(24, '0')}`;
};
const [SERVER, CLIENT, CONSUMER] = [2, 3, 5];
const EXCEPTION = { 'exception.type': 'ValueError', 'exception.message': 'boom' };
const FAILED = { code: 2, message: 'boom' };

const attributes = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
const resource = { attributes: attributes({ 'service.name': 'api' }) };

function otlp(signal: OtlpSignal, message: object): Accepted {
  const payload = jsonToProtobuf(signal, JSON.stringify(message));
  const { summary } = scan(signal, payload);
  return { signal, receivedAtMs: NOW_MS, payload, summary, origin: { peer: '127.0.0.1' } };
}

function span(more: object): Accepted {
  const [startTimeUnixNano, endTimeUnixNano] = [NANOS, NANOS];
  const base = { traceId: nextTraceId(), spanId: SPAN_ID, name: 'GET /', startTimeUnixNano, endTimeUnixNano };
  return otlp('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [{ ...base, ...more }] }] }] });
}

function log(more: object): Accepted {
  const record = { timeUnixNano: NANOS, body: { stringValue: 'hello' }, ...more };
  return otlp('logs', { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] });
}

function segment(more: object): Accepted {
  const times = { start_time: NOW_MS / 1000, end_time: NOW_MS / 1000 };
  const traceId = toXRayTraceId(nextTraceId());
  const document = { id: SPAN_ID, trace_id: traceId, name: 'api', ...times, ...more };
  const payload = frameDocuments([Buffer.from(JSON.stringify(document))]);
  const summary = summarizeDocuments(payload);
  return { signal: 'segments', receivedAtMs: NOW_MS, payload, summary, origin: { peer: '' } };
}

const raised = { events: [{ timeUnixNano: NANOS, name: 'exception', attributes: attributes(EXCEPTION) }] };
const gauge = { dataPoints: [{ timeUnixNano: NANOS, asInt: '1' }] };
const request = { request: { method: 'GET', url: 'http://api/' }, response: { status: 200 } };
const exceptions = [{ id: CALLER, type: 'ValueError', message: 'boom' }];

export const INPUTS: readonly Input[] = [
  { what: 'span of a request (SERVER)', accepted: span({ kind: SERVER }) },
  { what: 'the same, failed with an exception', accepted: span({ kind: SERVER, status: FAILED, ...raised }) },
  { what: 'span of a call (CLIENT)', accepted: span({ kind: CLIENT, parentSpanId: CALLER }) },
  { what: 'span of a call that nothing surrounds', accepted: span({ kind: CLIENT }) },
  { what: 'span of work inside a service', accepted: span({ parentSpanId: CALLER }) },
  {
    what: 'the same, got over an exception',
    accepted: span({ parentSpanId: CALLER, ...raised }),
  },
  {
    what: 'the same, failed without an exception',
    accepted: span({ parentSpanId: CALLER, status: FAILED }),
  },
  { what: 'span that takes a message (CONSUMER)', accepted: span({ kind: CONSUMER, parentSpanId: CALLER }) },
  { what: 'log record', accepted: log({ severityNumber: 9 }) },
  { what: 'log record, ERROR and above', accepted: log({ severityNumber: 17 }) },
  {
    what: 'log record with an exception',
    accepted: log({ severityNumber: 17, attributes: attributes(EXCEPTION) }),
  },
  {
    what: 'metric point',
    accepted: otlp('metrics', {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'requests', gauge }] }] }],
    }),
  },
  { what: 'segment of a request', accepted: segment({ http: request }) },
  {
    what: 'the same, with an exception',
    accepted: segment({ http: request, fault: true, cause: { exceptions } }),
  },
  { what: 'segment of other work', accepted: segment({}) },
  {
    what: 'subsegment sent on its own',
    accepted: segment({ type: 'subsegment', parent_id: CALLER }),
  },
];
