// Part of the sandbox: what the OTel SDK of the reference backend records for a request, as objects that the OTLP serializers take.
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Random } from '../../model/clock.ts';
import { type BackendRequest, exceptionOf, hexId } from './requests.ts';

type SdkSpan = Parameters<typeof ProtobufTraceSerializer.serializeRequest>[0][number];
type SdkLog = Parameters<typeof ProtobufLogsSerializer.serializeRequest>[0][number];
type Time = SdkSpan['startTime'];

/** `id` is what the sandbox's audit knows the item by. */
export interface Recorded<T> {
  id: string;
  item: T;
}
export type RecordedSpan = Recorded<SdkSpan>;
export type RecordedLog = Recorded<SdkLog>;

const RESOURCE: SdkSpan['resource'] = {
  attributes: {
    'telemetry.sdk.language': 'python',
    'telemetry.sdk.name': 'opentelemetry',
    'telemetry.sdk.version': '1.45.1',
    'service.instance.id': '667b81be-6aff-4bf5-be87-7a35c464fc40',
    'service.name': 'backend-flask',
    'deployment.environment': 'sandbox',
  },
  merge: () => RESOURCE,
  getRawAttributes: () => Object.entries(RESOURCE.attributes),
};
const FLASK = { name: 'opentelemetry.instrumentation.flask', version: '0.66b1' };
const REQUESTS = { name: 'opentelemetry.instrumentation.requests', version: '0.66b1' };
const APP = { name: '__main__' };
/** Of the API, which counts from INTERNAL = 0; the serializer shifts them. */
const KIND = { internal: 0, server: 1, client: 2 };
const ERROR = 2;
const SAMPLED = 1;

export const encodeSpans = (spans: readonly RecordedSpan[]) =>
  ProtobufTraceSerializer.serializeRequest(spans.map(({ item }) => item)) ?? new Uint8Array();

export const encodeLogs = (logs: readonly RecordedLog[]) =>
  ProtobufLogsSerializer.serializeRequest(logs.map(({ item }) => item)) ?? new Uint8Array();

interface Part {
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  scope: SdkSpan['instrumentationScope'];
  /** Shares of the request's duration. */
  from: number;
  to: number;
  attributes: SdkSpan['attributes'];
  events?: SdkSpan['events'];
  failed?: boolean;
}

export function spansOf(request: BackendRequest, random: Random): RecordedSpan[] {
  const { serverSpanId: parentSpanId } = request;
  const child = (part: Omit<Part, 'spanId' | 'parentSpanId'>): Part => ({
    ...part,
    spanId: hexId(random, 16),
    parentSpanId,
  });
  const own = { kind: KIND.internal, scope: APP };
  const parts: Part[] = [serverPart(request)];
  if (request.route === 'home') {
    const mock = child({
      ...own,
      name: 'home-activities-mock-data',
      from: 0.1,
      to: 0.9,
      attributes: {
        'app.now': new Date(request.startMs).toISOString(),
        'app.result_length': 3,
        'user.id': request.userId,
      },
    });
    const attributes = { inner: true, 'app.tags': ['a', 'b'], 'app.ratio': 0.5 };
    const events = [{ time: timeAt(request, 0.5), name: 'loaded', attributes: { rows: 3 } }];
    const inner = child({ ...own, name: 'inner', from: 0.3, to: 0.8, attributes, events });
    parts.push(mock, { ...inner, parentSpanId: mock.spanId });
  }
  if (request.route === 'outgoing') {
    const attributes = {
      'http.method': 'GET',
      'http.url': 'http://upstream:4577/upstream?q=1',
      'user_agent.original': 'python-requests/2.34.2',
      'http.status_code': 200,
    };
    parts.push(child({ name: 'GET', kind: KIND.client, scope: REQUESTS, from: 0.05, to: 0.95, attributes }));
  }
  if (request.route === 'boom') {
    const events = [exceptionEvent(request, 'view')];
    parts.push(
      child({ ...own, name: 'before-boom', from: 0.1, to: 0.4, attributes: {}, events, failed: true }),
    );
  }
  return parts.map((part) => toSpan(request, part));
}

function serverPart(request: BackendRequest): Part {
  const { method, path, pattern, status } = request;
  const attributes = {
    'http.method': method,
    'http.server_name': '127.0.0.1',
    'http.scheme': 'http',
    'net.host.name': '127.0.0.1:4567',
    'http.host': '127.0.0.1:4567',
    'net.host.port': 4567,
    'http.target': path,
    'net.peer.ip': '127.0.0.1',
    'net.peer.port': request.clientPort,
    'http.user_agent': 'curl/7.88.1',
    'http.flavor': '1.1',
    ...(pattern !== undefined && { 'http.route': pattern }),
    'http.status_code': status,
  };
  const failed = request.route === 'boom';
  return {
    spanId: request.serverSpanId,
    name: `${method} ${pattern ?? path}`,
    kind: KIND.server,
    scope: FLASK,
    from: 0,
    to: 1,
    attributes,
    events: failed ? [exceptionEvent(request, 'middleware')] : [],
    failed,
  };
}

function toSpan(request: BackendRequest, part: Part): RecordedSpan {
  const { traceId, userId } = request;
  const { spanId, parentSpanId, name, kind, attributes, events = [] } = part;
  const parent = parentSpanId && { traceId, spanId: parentSpanId, traceFlags: SAMPLED, isRemote: false };
  const message = `ValueError: boom: something went wrong for ${userId}`;
  const item: SdkSpan = {
    name,
    kind,
    spanContext: () => ({ traceId, spanId, traceFlags: SAMPLED }),
    ...(parent && { parentSpanContext: parent }),
    startTime: timeAt(request, part.from),
    endTime: timeAt(request, part.to),
    duration: [0, 0],
    ended: true,
    status: part.failed ? { code: ERROR, message } : { code: 0 },
    attributes,
    events,
    links: [],
    resource: RESOURCE,
    instrumentationScope: part.scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
  return { id: `${traceId}:${spanId}`, item };
}

/** The backend writes every access line at ERROR, as the reference one does. */
export function logsOf(request: BackendRequest, random: Random): RecordedLog[] {
  const { method, path, status, userId } = request;
  const line = (severity: 'INFO' | 'ERROR', body: string, at: number, attributes = {}): RecordedLog => {
    const logId = hexId(random, 32);
    const { traceId, serverSpanId: spanId } = request;
    const item: SdkLog = {
      hrTime: timeAt(request, at),
      hrTimeObserved: timeAt(request, at),
      spanContext: { traceId, spanId, traceFlags: SAMPLED },
      severityNumber: severity === 'INFO' ? 9 : 17,
      severityText: severity,
      body,
      resource: RESOURCE,
      instrumentationScope: APP_LOGGER,
      attributes: { 'log.id': logId, 'code.file.path': '/app/app.py', ...attributes },
      droppedAttributesCount: 0,
    };
    return { id: `log:${logId}`, item };
  };
  const lines = [line('ERROR', `127.0.0.1 ${method} http ${path} ${status}`, 1)];
  if (request.route === 'home') {
    lines.unshift(line('INFO', `IAM Active Logger! from ${path}`, 0.05, { user_id: userId }));
  }
  if (request.route === 'boom')
    lines.unshift(line('ERROR', 'it went wrong', 0.4, exceptionOf(request, 'view')));
  return lines;
}

const APP_LOGGER = { name: 'app' };

const exceptionEvent = (request: BackendRequest, where: 'view' | 'middleware') => ({
  time: timeAt(request, 0.4),
  name: 'exception',
  attributes: exceptionOf(request, where),
});

function timeAt({ startMs, durationMs }: BackendRequest, share: number): Time {
  const ms = startMs + durationMs * share;
  return [Math.floor(ms / 1000), Math.floor((ms % 1000) * 1e6)];
}
