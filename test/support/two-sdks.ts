// Part of the tests: one request of a backend, as its OpenTelemetry SDK and as its X-Ray SDK tell of it, under two unrelated trace ids.
import { randomBytes } from 'node:crypto';
import { datagramOf, sendDatagrams } from './datagrams.ts';

export interface TwiceTold {
  path: string;
  /** Of the span: 32 hex digits. */
  otlpTraceId: string;
  /** Of the segment: `1-<8>-<24>`. */
  xrayTraceId: string;
  span: object;
  /** What its code logged: the exception, where it failed. */
  log: object;
  segment: object;
}

/** The X-Ray middleware starts later by so much (measured: 0.12 to 2.2 ms). */
const SEGMENT_LATER_MS = 0.3;
const DURATION_MS = 12;

let lastStartMs = 0;

/** Requests of this file never start within one another's reach. */
function newStartMs(): number {
  lastStartMs = Math.max(Date.now(), lastStartMs + 50);
  return lastStartMs;
}

const hex = (digits: number) => randomBytes(digits / 2).toString('hex');

/** One that fails raises an exception, which both SDKs record. */
export function toldTwice(path: string, segmentName: string, failsWith?: string): TwiceTold {
  const startMs = newStartMs();
  const status = failsWith === undefined ? 200 : 500;
  const endMs = startMs + DURATION_MS;
  const otlpTraceId = hex(32);
  const xrayTraceId = `1-${Math.floor(startMs / 1000).toString(16)}-${hex(24)}`;
  const attribute = (key: string, value: string | number) => ({
    key,
    value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
  });
  const raised = {
    name: 'exception',
    timeUnixNano: `${endMs}000000`,
    attributes: [
      attribute('exception.type', 'ValueError'),
      attribute('exception.message', failsWith ?? ''),
      attribute(
        'exception.stacktrace',
        `Traceback (most recent call last):\n  File "/app/app.py", line 12, in boom\n    raise ValueError()\nValueError: ${failsWith}\n`,
      ),
    ],
  };
  const span = {
    traceId: otlpTraceId,
    spanId: hex(16),
    name: `GET ${path}`,
    kind: 2,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: [
      attribute('http.method', 'GET'),
      attribute('http.scheme', 'http'),
      attribute('http.host', '127.0.0.1:4567'),
      attribute('http.target', path),
      attribute('http.status_code', status),
    ],
    ...(failsWith !== undefined && { status: { code: 2 }, events: [raised] }),
  };
  const exception = {
    id: hex(16),
    type: 'ValueError',
    message: failsWith,
    remote: false,
    stack: [{ path: '/app/app.py', line: 12, label: 'boom' }],
  };
  const segment = {
    id: hex(16),
    name: segmentName,
    trace_id: xrayTraceId,
    start_time: (startMs + SEGMENT_LATER_MS) / 1000,
    end_time: endMs / 1000,
    in_progress: false,
    http: { request: { method: 'GET', url: `http://127.0.0.1:4567${path}` }, response: { status } },
    ...(failsWith !== undefined && {
      fault: true,
      cause: { working_directory: '/app', exceptions: [exception] },
    }),
  };
  const log = {
    traceId: otlpTraceId,
    spanId: span.spanId,
    timeUnixNano: `${endMs}000000`,
    severityNumber: status === 500 ? 17 : 9,
    body: { stringValue: `${path} ${status}` },
    attributes: failsWith === undefined ? [] : raised.attributes,
  };
  return { path, otlpTraceId, xrayTraceId, span, log, segment };
}

/** As the X-Ray SDK does: when the request ends. */
export async function sendSegment({ segment }: TwiceTold, xrayPort: number): Promise<void> {
  await sendDatagrams(xrayPort, [datagramOf(segment)]);
}

const resourceOf = (service: string) => ({
  attributes: [{ key: 'service.name', value: { stringValue: service } }],
});

/** As the OTel SDK does: some seconds' requests together. Resolves with the answer's status. */
export async function sendSpans(
  requests: readonly TwiceTold[],
  service: string,
  otlpUrl: string,
): Promise<number> {
  const scopeSpans = [{ scope: { name: 'test' }, spans: requests.map(({ span }) => span) }];
  return post(`${otlpUrl}/v1/traces`, { resourceSpans: [{ resource: resourceOf(service), scopeSpans }] });
}

/** As the OTel SDK's log handler does. */
export async function sendLogs(
  requests: readonly TwiceTold[],
  service: string,
  otlpUrl: string,
): Promise<number> {
  const scopeLogs = [{ scope: { name: 'app' }, logRecords: requests.map(({ log }) => log) }];
  return post(`${otlpUrl}/v1/logs`, { resourceLogs: [{ resource: resourceOf(service), scopeLogs }] });
}

async function post(url: string, body: object): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}
