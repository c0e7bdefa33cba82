// Part of the tests: one request of each kind, with secrets in every place that can hold one.
import { encode } from '../protocols/otlp/oracle.ts';
import { escaped } from './secret-forms.ts';

/** In every secret, and in no word beside them. */
export const SENT = 'hunter2hunter2';
export const CARD = '4111111111111111';
/** Beside the secrets: shows that what was sent did arrive. */
export const KEPT = 'arrives-in-the-open';

export interface Marked {
  path: 'traces' | 'logs' | 'metrics';
  body: string | Uint8Array;
  type: string;
}

/** How a form of OTLP writes ids and bytes. */
interface Form {
  id(hex: string): unknown;
  bytes(text: string): unknown;
}

const PROTOBUF: Form = { id: (hex) => Buffer.from(hex, 'hex'), bytes: (text) => Buffer.from(text) };
const JSON_FORM: Form = { id: (hex) => hex, bytes: (text) => Buffer.from(text).toString('base64') };

const text = (stringValue: string) => ({ stringValue });
const map = (values: object[]) => ({ kvlistValue: { values } });
const nanos = () => String(BigInt(Date.now()) * 1_000_000n);

const attributesIn = ({ bytes }: Form) => [
  { key: 'app.note', value: text(KEPT) },
  { key: 'db.password', value: text(SENT) },
  { key: 'http.request.header.cookie', value: { arrayValue: { values: [text(`sid=${SENT}`)] } } },
  { key: 'http.url', value: text(`https://jane:${SENT}@shop.example/pay?token=${SENT}&x=${KEPT}`) },
  { key: 'auth', value: text(`Bearer ${SENT}`) },
  { key: 'paid.with', value: text(`card ${CARD}`) },
  { key: `login?token=${SENT}`, value: { boolValue: true } },
  { key: 'api_key', value: { bytesValue: bytes(SENT) } },
  { key: 'raw', value: { bytesValue: bytes(`password=${SENT}`) } },
  { key: 'config', value: map([{ key: 'deep', value: map([{ key: 'api_key', value: text(SENT) }]) }]) },
  { key: 'secret', value: map([{ key: 'a', value: { arrayValue: { values: [text(SENT)] } } }]) },
];

const EXCEPTION = [
  { key: 'exception.type', value: text('LoginError') },
  { key: 'exception.message', value: text(`${KEPT}: wrong password=${SENT}`) },
  { key: 'exception.stacktrace', value: text(`LoginError: secret: ${SENT}\n    at login (app.js:1:1)`) },
];

const resourceIn = (attributes: object[]) => ({
  attributes: [{ key: 'service.name', value: text('shop') }, ...attributes],
});
const scopeIn = (attributes: object[]) => ({
  name: `lib token=${SENT}`,
  version: `1?secret=${SENT}`,
  attributes,
});
const SCHEMA = `https://jane:${SENT}@schemas.example/1`;

function tracesIn(form: Form, traceId: string, spanId: string): object {
  const attributes = attributesIn(form);
  const link = {
    traceId: form.id(traceId),
    spanId: form.id('0102030405060708'),
    traceState: `v=token=${SENT}`,
  };
  const span = {
    traceId: form.id(traceId),
    spanId: form.id(spanId),
    traceState: `vendor=password=${SENT}`,
    name: `POST /login?password=${SENT}`,
    kind: 2,
    startTimeUnixNano: nanos(),
    endTimeUnixNano: nanos(),
    attributes: [...attributes, { key: 'http.request.method', value: text('POST') }],
    events: [
      { timeUnixNano: nanos(), name: 'exception', attributes: [...EXCEPTION, ...attributes] },
      { timeUnixNano: nanos(), name: `sent token=${SENT}`, attributes },
    ],
    links: [{ ...link, attributes }],
    status: { code: 2, message: `${KEPT} authorization=${SENT}` },
  };
  const scopeSpans = [{ scope: scopeIn(attributes), schemaUrl: SCHEMA, spans: [span] }];
  return { resourceSpans: [{ resource: resourceIn(attributes), schemaUrl: SCHEMA, scopeSpans }] };
}

function logsIn(form: Form, traceId: string): object {
  const attributes = attributesIn(form);
  const nested = map([{ key: 'user', value: map([{ key: 'password', value: text(SENT) }]) }]);
  const bodies = [
    text(`{"note":"${KEPT}","password":"${SENT}"}`),
    text(
      `{"note":"${KEPT}","pass\\u0077ord":"${escaped(SENT)}","nested":{"auth":"Bearer ${escaped(SENT)}"}}`,
    ),
    text(`${KEPT} api_key: ${SENT}`),
    { bytesValue: form.bytes(`${KEPT} password=${SENT}`) },
    { bytesValue: form.bytes(`{"note":"${KEPT}","password":"${SENT}"}`) },
    nested,
    { arrayValue: { values: [text(KEPT), nested, { bytesValue: form.bytes(`Bearer ${SENT}`) }] } },
  ];
  const logRecords = bodies.map((body) => ({
    timeUnixNano: nanos(),
    observedTimeUnixNano: nanos(),
    severityNumber: 17,
    severityText: `ERROR token=${SENT}`,
    traceId: form.id(traceId),
    spanId: form.id('0102030405060708'),
    eventName: `login password=${SENT}`,
    body,
    attributes: [...attributes, ...EXCEPTION],
  }));
  const scopeLogs = [{ scope: scopeIn(attributes), schemaUrl: SCHEMA, logRecords }];
  return { resourceLogs: [{ resource: resourceIn(attributes), schemaUrl: SCHEMA, scopeLogs }] };
}

function metricsIn(form: Form): object {
  const attributes = attributesIn(form);
  const exemplars = [{ timeUnixNano: nanos(), asInt: '1', filteredAttributes: attributes }];
  const point = { timeUnixNano: nanos(), attributes };
  const number = { ...point, asInt: '1', exemplars };
  const histogram = { ...point, count: '1', bucketCounts: ['1'], exemplars };
  const named = (data: object) => ({
    name: `logins password=${SENT}`,
    description: `with token=${SENT}`,
    unit: `1?secret=${SENT}`,
    metadata: attributes,
    ...data,
  });
  const metrics = [
    named({ gauge: { dataPoints: [number] } }),
    named({ sum: { dataPoints: [number], aggregationTemporality: 2 } }),
    named({ histogram: { dataPoints: [histogram], aggregationTemporality: 2 } }),
    named({
      exponentialHistogram: {
        dataPoints: [{ ...point, count: '1', scale: 1, zeroCount: '1', exemplars }],
        aggregationTemporality: 2,
      },
    }),
    named({ summary: { dataPoints: [{ ...point, count: '1', sum: 1 }] } }),
  ];
  const scopeMetrics = [{ scope: scopeIn(attributes), schemaUrl: SCHEMA, metrics }];
  return { resourceMetrics: [{ resource: resourceIn(attributes), schemaUrl: SCHEMA, scopeMetrics }] };
}

/** Protobuf, JSON, and JSON of which names and secrets are written as `\u00xx`. */
export function markedRequests(traceIds: readonly [string, string, string]): Marked[] {
  const all = (form: Form, traceId: string) =>
    [
      ['traces', tracesIn(form, traceId, '0707070707070707')],
      ['logs', logsIn(form, traceId)],
      ['metrics', metricsIn(form)],
    ] as const;
  const [first, second, third] = traceIds;
  const inJson = { type: 'application/json' };
  return [
    ...all(PROTOBUF, first).map(([path, request]) => ({
      path,
      body: encode(path, request),
      type: 'application/x-protobuf',
    })),
    ...all(JSON_FORM, second).map(([path, request]) => ({ path, body: JSON.stringify(request), ...inJson })),
    ...all(JSON_FORM, third).map(([path, request]) => ({
      path,
      body: JSON.stringify(request).replaceAll(SENT, escaped(SENT)).replaceAll('password', 'pass\\u0077ord'),
      ...inJson,
    })),
  ];
}

const HEADER = '{"format":"json","version":1}\n';

/** One document in four spellings: as it is, escaped, half escaped, and cut off before its end, which is no JSON. */
export function markedDatagrams(traceIds: readonly string[]): string[] {
  const spellings: ((document: string) => string)[] = [
    (document) => document,
    (document) => document.replaceAll(SENT, escaped(SENT)).replaceAll('password', 'pass\\u0077ord'),
    (document) => document.replaceAll(SENT, SENT.slice(0, 6) + escaped(SENT.slice(6))),
    (document) => document.slice(0, -1),
  ];
  return spellings.map((spelling, index) => HEADER + spelling(documentIn(traceIds[index] ?? '', index + 1)));
}

function documentIn(traceId: string, index: number): string {
  const now = Date.now() / 1000;
  const id = index.toString(16).padStart(16, 'b');
  const url = `https://jane:${SENT}@shop.example/?token=${SENT}`;
  const common = {
    annotations: { note: KEPT, password: SENT, said: `token=${SENT}` },
    metadata: {
      default: { auth: { api_key: SENT, list: [{ cookie: [SENT] }], card: Number(CARD) } },
      json: {
        body: JSON.stringify({ password: SENT, inner: JSON.stringify({ password: SENT }) }),
        escapes: `{"pass\\u0077ord":"${escaped(SENT)}"}`,
      },
    },
    http: {
      request: { method: 'GET', url, user_agent: `Bearer ${SENT}`, client_ip: '10.0.0.1' },
      response: { status: 500 },
    },
    cause: {
      working_directory: `/srv?token=${SENT}`,
      paths: [url],
      exceptions: [
        {
          id,
          type: 'LoginError',
          message: `${KEPT} password=${SENT}`,
          stack: [{ path: `login.py?token=${SENT}`, line: 1, label: `secret=${SENT}` }],
        },
      ],
    },
    sql: {
      url: `postgres://jane:${SENT}@db/shop?password=${SENT}`,
      sanitized_query: `ALTER USER jane PASSWORD = '${SENT}'`,
      connection_string: `Server=db;User=jane;Password=${SENT}`,
      user: `Bearer ${SENT}`,
    },
    aws: { operation: 'PutItem', request_id: KEPT, access_token: SENT },
    user: `Bearer ${SENT}`,
  };
  const times = { start_time: now - 1, end_time: now, fault: true };
  return JSON.stringify({
    name: 'shop-xray',
    id,
    trace_id: `1-${traceId.slice(0, 8)}-${traceId.slice(8)}`,
    ...times,
    ...common,
    subsegments: [
      { id: id.replace('b', 'c'), name: `login token=${SENT}`, namespace: 'remote', ...times, ...common },
    ],
  });
}
