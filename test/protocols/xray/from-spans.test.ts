// Part of the tests: spans become documents that X-Ray takes and shows well.
import { describe, expect, it } from 'vitest';
import { type AttributeValue, type Span, SpanKind, StatusCode } from '../../../src/model/otlp.ts';
import { createSpanTranslator, spanToDocument } from '../../../src/protocols/xray/from-spans.ts';
import { parseSegment } from '../../../src/protocols/xray/segment.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { capturedSpans } from './otlp-json.ts';

type Values = Record<string, AttributeValue>;

const map = (values: Values) => new Map(Object.entries(values));
const SCOPE = { name: 'lab', version: '1', attributes: new Map() };

const span = (changes: Partial<Span> = {}, attributes: Values = {}): Span => ({
  traceId: '5759e988bd862e3fe1be46a994272793',
  spanId: '53995c3f42cd8ad8',
  parentSpanId: '00f067aa0ba902b7',
  traceState: '',
  flags: 0x101,
  name: 'work',
  kind: SpanKind.INTERNAL,
  startTimeUnixNano: 1795225151123456789n,
  endTimeUnixNano: 1795225151200000000n,
  attributes: map(attributes),
  events: [],
  links: [],
  status: { code: StatusCode.UNSET, message: '' },
  ...changes,
});

const text = (made: Span, resource: Values = {}) => {
  const result = spanToDocument(made, { attributes: map(resource) }, SCOPE);
  if (!result.ok) throw new Error(result.reason.code);
  return result.document;
};
// biome-ignore lint/suspicious/noExplicitAny: tests read into JSON
const document = (made: Span, resource: Values = {}): any => JSON.parse(text(made, resource));
const server = (attributes: Values = {}, changes: Partial<Span> = {}) =>
  span({ kind: SpanKind.SERVER, parentSpanId: '', name: 'GET /x', ...changes }, attributes);
const client = (attributes: Values = {}, changes: Partial<Span> = {}) =>
  span({ kind: SpanKind.CLIENT, ...changes }, attributes);
const exception = (attributes: Values) => ({
  timeUnixNano: 1n,
  name: 'exception',
  attributes: map(attributes),
});

describe('the captured Flask request', () => {
  const group = capturedSpans('python-otel/01-traces-batch-1.decoded.json').find(({ spans }) =>
    spans.some(({ kind }) => kind === SpanKind.SERVER),
  )!;
  const flask = group.spans.find(({ name }) => name === 'GET /api/health-check')!;
  const result = spanToDocument(flask, group.resource, group.scope);

  it('is a segment named after the service, with nothing lost', () => {
    expect(result).toMatchObject({ ok: true, id: flask.spanId });
    expect(result.ok && JSON.parse(result.document)).toEqual({
      name: 'backend-flask',
      id: flask.spanId,
      trace_id: `1-${flask.traceId.slice(0, 8)}-${flask.traceId.slice(8)}`,
      start_time: expect.any(Number),
      end_time: expect.any(Number),
      http: {
        request: {
          method: 'GET',
          url: 'http://127.0.0.1:4567/api/health-check',
          user_agent: 'curl/7.88.1',
          client_ip: '127.0.0.1',
        },
        response: { status: 200 },
      },
      aws: { xray: { sdk: 'opentelemetry for python', sdk_version: '1.45.1' } },
      annotations: { net_peer_port: expect.any(Number), http_flavor: '1.1', http_route: '/api/health-check' },
      metadata: {
        otel: { name: 'GET /api/health-check', scope: 'opentelemetry.instrumentation.flask' },
        'otel.resource': { 'service.instance.id': expect.any(String) },
      },
    });
  });

  it('has the same bytes each time', () => {
    expect(spanToDocument(flask, group.resource, group.scope)).toEqual(result);
  });
});

describe('every captured span', () => {
  it.each([
    'python-otel/01-traces-batch-1.decoded.json',
    'python-otel/02-traces-batch-2-errors.decoded.json',
    'python-otel-auto/02-traces-stable-semconv.decoded.json',
    'node-otel/01-traces-json.json',
    'go-otel/01-traces.decoded.json',
    'java-otel/01-traces.decoded.json',
  ])('of %s becomes a document and keeps ids, times and failure on the way back', (path) => {
    for (const { spans: originals, resource, scope } of capturedSpans(path)) {
      for (const original of originals) {
        const result = spanToDocument(original, resource, scope);
        expect(result.ok).toBe(true);
        const spans = segmentToSpans(parseSegment(result.ok ? result.document : '') ?? {})[0]?.spans ?? [];
        const back = spans.find(({ spanId }) => spanId === original.spanId);
        expect(spans[0]?.parentSpanId).toBe(original.parentSpanId);
        expect(back).toMatchObject({
          traceId: original.traceId,
          startTimeUnixNano: ((original.startTimeUnixNano + 500n) / 1000n) * 1000n,
          endTimeUnixNano: ((original.endTimeUnixNano + 500n) / 1000n) * 1000n,
        });
        expect(back?.status.code === StatusCode.ERROR).toBe(original.status.code === StatusCode.ERROR);
        expect(back?.events.length).toBe(original.events.filter(({ name }) => name === 'exception').length);
      }
    }
  });
});

describe('segment or subsegment', () => {
  it('a server span and a root are segments, the others subsegments', () => {
    expect(
      document(server({}, { parentSpanId: '00f067aa0ba902b7' }), { 'service.name': 'svc' }),
    ).toMatchObject({ name: 'svc', parent_id: '00f067aa0ba902b7' });
    expect(document(span({ parentSpanId: '' }))).not.toHaveProperty('type');
    expect(document(span({ parentSpanId: '0000000000000000' }))).not.toHaveProperty('parent_id');
    expect(document(span())).toMatchObject({
      type: 'subsegment',
      parent_id: '00f067aa0ba902b7',
      name: 'work',
    });
    expect(document(span({ flags: 0x301 }))).not.toHaveProperty('type');
  });

  it('what consumes a message is a segment, unless the SDK says that its parent is in the same process', () => {
    const consumer = (flags: number) => document(span({ kind: SpanKind.CONSUMER, flags }));
    expect(consumer(0)).not.toHaveProperty('type');
    expect(consumer(0x300)).not.toHaveProperty('type');
    expect(consumer(0x100)).toMatchObject({ type: 'subsegment' });
  });

  it.each([
    ['begins a trace', { parentSpanId: '' }, undefined],
    ['continues one of another process', { flags: 0x301 }, '00f067aa0ba902b7'],
  ])('a call that %s is a subsegment in a segment of its service', (_what, changes, parent_id) => {
    const attributes = { 'url.full': 'https://api.test/x', 'http.request.method': 'GET' };
    const made = client({ ...attributes, 'http.response.status_code': 503 }, changes);
    const segment = document(made, { 'service.name': 'cron', 'service.version': '7', team: 'a' });

    const times = { start_time: 1795225151.123457, end_time: 1795225151.2 };
    const trace_id = '1-5759e988-bd862e3fe1be46a994272793';
    expect(segment).toEqual({
      ...{ name: 'cron', id: expect.stringMatching(/^[0-9a-f]{16}$/), trace_id, parent_id, ...times },
      ...{ fault: true, service: { version: '7' }, aws: { xray: { sdk: 'opentelemetry' } } },
      metadata: { 'otel.resource': { team: 'a' } },
      subsegments: [
        {
          ...{ name: 'api.test', id: made.spanId, namespace: 'remote', ...times, fault: true },
          http: {
            request: { method: 'GET', url: 'https://api.test/x' },
            response: { status: 503 },
          },
          aws: { xray: { sdk: 'opentelemetry' } },
          metadata: { otel: { name: 'work', scope: 'lab' } },
        },
      ],
    });
    expect(segment.id).not.toBe(made.spanId);
    expect(document(made).id).toBe(segment.id);
  });

  it.each([
    ['a zero trace id', { traceId: '0'.repeat(32) }],
    ['a zero span id', { spanId: '0'.repeat(16) }],
    ['no time', { startTimeUnixNano: 0n, endTimeUnixNano: 0n }],
  ])('refuses %s with a reason', (_what, changes) => {
    const result = spanToDocument(span(changes), { attributes: new Map() }, SCOPE);
    expect(result).toMatchObject({ ok: false, reason: { code: 'invalid_item' } });
  });
});

it.each<[string, object]>([
  ['a call', { type: 'subsegment', namespace: 'remote', name: 'api.test:8080', error: true }],
  ['an AWS call', { type: 'subsegment', namespace: 'aws', name: 'S3', throttle: true }],
  ['a fault of a request with a 404', { http: { response: { status: 404 } }, fault: true }],
  ["a worker's part", { error: true }],
])('%s that was a segment becomes the same one again', (_what, fields) => {
  const id = { id: '53995c3f42cd8ad8', parent_id: '00f067aa0ba902b7' };
  const segment = { name: 'svc', ...id, ...fields, start_time: 1795225151.5, end_time: 1795225151.75 };
  const trace_id = '1-5759e988-bd862e3fe1be46a994272793';
  const [group] = segmentToSpans({ ...segment, trace_id });
  const result = spanToDocument(group!.spans[0]!, group!.resource, group!.scope);
  const again = result.ok ? JSON.parse(result.document) : {};
  expect(again).toMatchObject({ ...segment, trace_id });
  for (const key of ['type', 'namespace', 'fault', 'error', 'throttle'])
    expect(key in again).toBe(key in segment);
});

describe('times', () => {
  it('are numbers exact to the microsecond', () => {
    expect(text(span())).toContain('"start_time":1795225151.123457,"end_time":1795225151.2,');
    for (let micros = 0n; micros < 5000n; micros++) {
      const start = 1795225151000000000n + micros * 199_000n;
      const { start_time } = document(span({ startTimeUnixNano: start, endTimeUnixNano: start }));
      expect(BigInt(Math.round(start_time * 1e6)) * 1000n).toBe(start);
      expect(/\.\d{7}/.test(String(start_time))).toBe(false);
    }
  });

  it('of a span without end say in_progress; an end before the start is moved', () => {
    expect(document(span({ endTimeUnixNano: 0n }))).toMatchObject({ in_progress: true });
    expect(document(span({ endTimeUnixNano: 0n }))).not.toHaveProperty('end_time');
    const { start_time, end_time } = document(span({ endTimeUnixNano: 5n }));
    expect(end_time).toBe(start_time);
  });
});

describe('names', () => {
  it.each([
    ['GET /users?id={x}', 'GET /usersid=x'],
    ['élan ☁ 日本', 'élan  日本'],
    ['"<>"', 'span'],
    ['', 'span'],
    [' padded ', 'padded'],
    ['a\tb\nc', 'a b c'],
  ])('of %j are cleaned to %j', (name, expected) => {
    expect(document(span({ name })).name).toBe(expected);
  });

  it('are cut at 200 characters without tearing one apart', () => {
    // U+20000 is a letter of two UTF-16 units; the 200th unit would be its first half.
    const name = document(span({ name: `${'x'.repeat(199)}\u{20000}y` })).name;
    expect(name).toBe('x'.repeat(199));
  });

  it.each<[string, Values, string, string | undefined]>([
    ['the remote service', { 'aws.remote.service': 'AWS::SQS', 'peer.service': 'p' }, 'SQS', 'remote'],
    ['the peer', { 'peer.service': 'pay<ments>', 'server.address': 'h' }, 'payments', 'remote'],
    [
      'the AWS service',
      { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'server.address': 'h' },
      'DynamoDB',
      'aws',
    ],
    [
      'DynamoDB, although it is a database, too',
      { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'db.system': 'dynamodb', 'net.peer.name': 'h' },
      'DynamoDB',
      'aws',
    ],
    [
      'the database',
      { 'db.system.name': 'postgresql', 'db.namespace': 'app', 'server.address': 'db.local' },
      'app@db.local',
      'remote',
    ],
    [
      'the database by old names',
      { 'db.system': 'redis', 'net.peer.name': 'cache' },
      'redis@cache',
      'remote',
    ],
    ['the queue', { 'messaging.destination.name': 'orders', 'server.address': 'kafka' }, 'orders', 'remote'],
    ['the host of the url', { 'http.url': 'http://u:p@api.test:8080/x' }, 'api.test', 'remote'],
    ['the host header', { 'http.host': 'api.test:443' }, 'api.test', 'remote'],
    [
      'the next candidate when one cleans to nothing',
      { 'peer.service': '{}', 'server.address': '[::1]' },
      '::1',
      'remote',
    ],
    ['the span', {}, 'work', 'remote'],
  ])('of a client are those of %s', (_what, attributes, name, namespace) => {
    expect(document(client(attributes))).toMatchObject({ name, namespace });
  });

  it('of a segment fall back from local service over service.name to the span', () => {
    expect(document(server({ 'aws.local.service': 'local' }), { 'service.name': 'svc' }).name).toBe('local');
    expect(document(server(), { 'service.name': '(svc)' }).name).toBe('svc');
    expect(document(server(), { 'service.name': '()' }).name).toBe('GET /x');
  });
});

describe('http', () => {
  const url = (attributes: Values, kind: number = SpanKind.SERVER) =>
    document(span({ kind }, { 'http.request.method': 'GET', ...attributes })).http.request.url;

  it.each<[string, Values, string | undefined]>([
    [
      'stable names, with the port already in the address',
      {
        'url.scheme': 'https',
        'server.address': 'a:4567',
        'server.port': 4567,
        'url.path': '/p',
        'url.query': 'q=1',
      },
      'https://a:4567/p?q=1',
    ],
    [
      'default ports',
      { 'url.scheme': 'https', 'server.address': 'a', 'server.port': 443, 'url.path': '/' },
      'https://a/',
    ],
    ['IPv6', { 'server.address': '::1', 'server.port': 8080, 'url.path': '/' }, 'http://[::1]:8080/'],
    ['old names', { 'http.scheme': 'http', 'http.host': 'h:1', 'http.target': '/t?x=1' }, 'http://h:1/t?x=1'],
    [
      'old names without a host header',
      { 'net.host.name': 'h', 'net.host.port': 81, 'http.target': '/t' },
      'http://h:81/t',
    ],
    ['a path alone', { 'url.path': '/only' }, '/only'],
    ['nothing', {}, undefined],
  ])('builds the url from %s', (_what, attributes, expected) => {
    expect(url(attributes)).toBe(expected);
  });

  it('is there when only the status is known, and not on a database span', () => {
    expect(document(server({ 'http.status_code': 204 })).http).toEqual({
      request: {},
      response: { status: 204 },
    });
    const database = document(
      client({ 'db.system.name': 'mysql', 'server.address': 'db', 'server.port': 3306 }),
    );
    expect(database).not.toHaveProperty('http');
    expect(database.annotations).toMatchObject({ server_address: 'db', server_port: 3306 });
    expect(database.sql).toEqual({ url: 'mysql://db:3306/', database_type: 'mysql' });
  });

  it.each<[string, Values, string | undefined]>([
    ['the path', { 'url.path': '/p', 'url.query': 'q' }, '/p?q'],
    ['the target', { 'http.target': '/t' }, '/t'],
    ['the user agent', { 'user_agent.original': 'curl' }, undefined],
  ])('is there when only %s is known, of a request', (_what, attributes, path) => {
    expect(document(server(attributes)).http.request.url).toBe(path);
    expect(document(span({}, attributes))).not.toHaveProperty('http');
  });

  it('keeps what does not fit into a field whole in metadata', () => {
    const long = `http://h/${'a'.repeat(400)}`;
    const { http, metadata } = document(client({ 'http.url': long, 'http.method': 'GET' }));
    expect(http.request.url).toBe(long.slice(0, 250));
    expect(metadata.default['http.url']).toBe(long);
  });

  it('tells a forwarded client from a direct one', () => {
    const request = (attributes: Values) =>
      document(server({ 'http.method': 'GET', ...attributes })).http.request;
    expect(request({ 'client.address': '203.0.113.7', 'network.peer.address': '10.0.0.1' })).toMatchObject({
      client_ip: '203.0.113.7',
      x_forwarded_for: true,
    });
    expect(request({ 'net.peer.ip': '10.0.0.1' })).toMatchObject({ client_ip: '10.0.0.1' });
    expect(request({ 'net.peer.ip': '10.0.0.1' })).not.toHaveProperty('x_forwarded_for');
  });

  it.each([
    [429, { error: true, throttle: true }],
    [404, { error: true }],
    [503, { fault: true }],
    [200, {}],
  ])('with status %i sets %j', (status, flags) => {
    const { fault, error, throttle } = document(server({ 'http.response.status_code': status }));
    expect({ fault, error, throttle }).toEqual({
      fault: undefined,
      error: undefined,
      throttle: undefined,
      ...flags,
    });
  });
});

describe('causes', () => {
  const failed = { status: { code: StatusCode.ERROR, message: 'it broke' } };

  it('come from exception events, with parsed stacks and chained causes, newest call first', () => {
    const stack =
      'E: two\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)\nCaused by: F: one\n\tat a.B.e(B.java:3)\n\t... 1 more\n';
    const events = [
      exception({ 'exception.type': 'a.E', 'exception.message': 'two', 'exception.stacktrace': stack }),
    ];
    const { cause, fault, metadata } = document(client({}, { ...failed, events }), {
      'telemetry.sdk.language': 'java',
    });
    const [first, second] = cause.exceptions;
    expect(fault).toBe(true);
    expect(first).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      type: 'a.E',
      message: 'two',
      remote: true,
      cause: second.id,
      stack: [
        { path: 'B.java', line: 1, label: 'a.B.c' },
        { path: 'B.java', line: 2, label: 'a.B.d' },
      ],
    });
    expect(second).toMatchObject({ type: 'F', message: 'one', stack: [{ line: 3 }, { line: 2 }] });
    expect(metadata.otel.status_message).toBe('it broke');
  });

  it('come from the status message when there is no exception', () => {
    expect(document(span(failed))).toMatchObject({
      fault: true,
      cause: { exceptions: [{ message: 'it broke' }] },
    });
  });

  it('keep a stack that no parser knows, and other events', () => {
    const events = [
      exception({ 'exception.type': 'X', 'exception.stacktrace': 'somewhere over the rainbow' }),
      { timeUnixNano: 1795225151150000000n, name: 'loaded', attributes: map({ rows: 3 }) },
    ];
    expect(document(span({ events })).metadata.otel).toEqual({
      scope: 'lab',
      stacktraces: ['somewhere over the rainbow'],
      events: [{ name: 'loaded', time: 1795225151.15, attributes: { rows: 3 } }],
    });
  });
});

describe('annotations and metadata', () => {
  it('takes scalars as annotations under clean keys and keeps everything else', () => {
    const made = span(
      {},
      {
        'app.now': 'x',
        'app.n': 3,
        'app.ok': true,
        app_n: 4,
        list: ['a', 1],
        nan: Number.NaN,
        big: 2n ** 63n,
        bytes: new Uint8Array([1, 2]),
        none: null,
        long: 'y'.repeat(251),
        nested: map({ a: [map({ b: 1 })] }),
        ['__proto__']: ['p'],
      },
    );
    const { annotations, metadata } = document(made);
    expect(annotations).toEqual({ app_now: 'x', app_n: 3, app_ok: true });
    expect(metadata.default).toEqual(
      JSON.parse(`{"app_n":4,"list":["a",1],"nan":"NaN","big":"9223372036854775808","bytes":"AQI=","none":null,
        "long":"${'y'.repeat(251)}","nested":{"a":[{"b":1}]},"__proto__":["p"]}`),
    );
  });

  it('takes at most 50, those that the span lists first', () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, i]));
    const { annotations, metadata } = document(span({}, { ...many, 'aws.xray.annotations': ['k59'] }));
    expect(Object.keys(annotations)).toHaveLength(50);
    expect(annotations.k59).toBe(59);
    expect(Object.keys(metadata.default)).toHaveLength(10);
  });

  it('puts first what shall be annotations, also of the resource of a segment, and beside a field of their own', () => {
    const toDocument = createSpanTranslator({
      annotations: ['http.request.method', 'otel.resource.stage'],
      logGroups: [],
    });
    const annotationsOf = (made: Span) => {
      const result = toDocument(made, { attributes: map({ stage: 'prod', team: 'a' }) }, SCOPE);
      return result.ok ? JSON.parse(result.document).annotations : undefined;
    };
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`k${i}`, i]));
    const listed = ['http.response.status_code', 'otel.resource.team', 'missing', 7];
    const attributes = { ...many, 'http.request.method': 'GET', 'http.response.status_code': 200 };
    const made = annotationsOf(server({ ...attributes, 'aws.xray.annotations': listed }));
    expect(Object.keys(made)).toHaveLength(50);
    expect(made).toMatchObject({
      ...{ http_request_method: 'GET', otel_resource_stage: 'prod' },
      ...{ http_response_status_code: 200, otel_resource_team: 'a' },
    });
    expect(annotationsOf(span())).toBeUndefined();
  });

  it("names sidecast's own log groups where the resource names none, wherever the service runs", () => {
    const toDocument = createSpanTranslator({ annotations: [], logGroups: ['cruddur', 'cruddur-requests'] });
    const groupsOf = (resource: Values, made = server()) => {
      const result = toDocument(made, { attributes: map(resource) }, SCOPE);
      return result.ok ? JSON.parse(result.document).aws.cloudwatch_logs : undefined;
    };
    expect(groupsOf({ 'cloud.provider': 'gcp' })).toEqual([
      { log_group: 'cruddur' },
      { log_group: 'cruddur-requests' },
    ]);
    expect(groupsOf({ 'aws.log.group.names': 'a&b' })).toEqual([{ log_group: 'a' }, { log_group: 'b' }]);
    expect(groupsOf({}, span())).toBeUndefined();
  });

  it('turns aws.xray.metadata.<namespace> back into that namespace', () => {
    const attributes = { 'aws.xray.metadata.app': '{"a":1}', 'aws.xray.metadata.odd': 'text', list: [1] };
    const { metadata, annotations } = document(span({}, attributes));
    expect(metadata.app).toEqual({ a: 1 });
    expect(metadata.default.list).toEqual([1]);
    expect(annotations).toEqual({ aws_xray_metadata_odd: 'text' });
  });

  it('has user, links and origin', () => {
    const links = [
      {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        traceState: '',
        attributes: map({ a: 1 }),
      },
      { traceId: '0'.repeat(32), spanId: 'b7ad6b7169203331', traceState: '', attributes: new Map() },
    ];
    const resource = {
      'cloud.platform': 'aws_ecs',
      'aws.ecs.launchtype': 'fargate',
      'aws.ecs.task.arn': 'arn:t',
      'service.version': '1.2',
      'aws.log.group.names': ['g'],
    };
    expect(document(server({ 'enduser.id': 'andrew' }, { links }), resource)).toMatchObject({
      user: 'andrew',
      origin: 'AWS::ECS::Fargate',
      service: { version: '1.2' },
      aws: { ecs: { task_arn: 'arn:t' }, cloudwatch_logs: [{ log_group: 'g' }] },
      links: [
        { trace_id: '1-0af76519-16cd43dd8448eb211c80319c', id: 'b7ad6b7169203331', attributes: { a: 1 } },
      ],
    });
  });

  it('describes AWS calls', () => {
    const attributes = {
      'rpc.system': 'aws-api',
      'rpc.service': 'DynamoDB',
      'rpc.method': 'GetItem',
      'aws.request_id': 'r',
      'aws.dynamodb.table_names': ['t'],
    };
    expect(document(client(attributes)).aws).toMatchObject({
      operation: 'GetItem',
      request_id: 'r',
      table_name: 't',
    });
    // The names of the ADOT agent for Java.
    const java = { 'rpc.system': 'aws-api', 'aws.table.name': 't', 'aws.queue.url': 'https://q' };
    expect(document(client(java)).aws).toMatchObject({ table_name: 't', queue_url: 'https://q' });
  });
});

describe('a document of more than 64 KB', () => {
  const bytes = (made: Span) => Buffer.byteLength(text(made));

  it.each<[string, Span]>([
    ['one large attribute', span({}, { blob: 'ü'.repeat(100_000) })],
    [
      'many large attributes',
      span({}, Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${i}`, 'x'.repeat(5000)]))),
    ],
    ['deep structures', span({}, { list: Array.from({ length: 30_000 }, (_, i) => i) })],
    ['a call in a segment', client({ blob: 'x'.repeat(100_000) }, { parentSpanId: '' })],
    [
      'many exceptions',
      span({
        events: Array.from({ length: 400 }, () =>
          exception({ 'exception.type': 'E', 'exception.message': 'm'.repeat(900) }),
        ),
      }),
    ],
    [
      'many links',
      span({
        links: Array.from({ length: 2000 }, (_, i) => ({
          traceId: '0af7651916cd43dd8448eb211c80319c',
          spanId: (i + 1).toString(16).padStart(16, '0'),
          traceState: '',
          attributes: map({ a: 'b' }),
        })),
      }),
    ],
    [
      'many tables',
      client({
        'rpc.system': 'aws-api',
        'http.response.status_code': 400,
        'aws.dynamodb.table_names': Array.from({ length: 400 }, (_, i) => `${i}${'t'.repeat(250)}`),
      }),
    ],
    [
      'control characters everywhere',
      server(
        Object.fromEntries(
          ['http.method', 'http.url', 'http.user_agent', 'http.client_ip', 'user.id', 'db.statement'].map(
            (key) => [key, '\u0001'.repeat(60_000)],
          ),
        ),
        {
          events: Array.from({ length: 20 }, () =>
            exception({
              'exception.type': '\u0001'.repeat(300),
              'exception.message': '\u0001'.repeat(300),
            }),
          ),
        },
      ),
    ],
    [
      'long annotation keys',
      span(
        {},
        Object.fromEntries(
          Array.from({ length: 60 }, (_, i) => [`${i}${'k'.repeat(2000)}`, 'ü'.repeat(250)]),
        ),
      ),
    ],
  ])('with %s is cut down until it fits', (_what, made) => {
    expect(bytes(made)).toBeLessThanOrEqual(65_536);
    expect(document(made)).toMatchObject({ name: expect.any(String), end_time: 1795225151.2 });
    expect(text(made)).toContain(`"id":"${made.spanId}"`);
  });

  it('keeps the stack when cutting metadata is enough', () => {
    const stack = 'E: x\n\tat a.B.c(B.java:1)\n';
    const events = [exception({ 'exception.message': 'x', 'exception.stacktrace': stack })];
    const cut = document(span({ events }, { blob: 'x'.repeat(100_000), small: ['kept'] }));
    expect(cut.cause.exceptions[0].stack).toHaveLength(1);
    expect(cut.metadata.default.small).toEqual(['kept']);
    expect(cut.metadata.default.blob).toHaveLength(4097);
  });
});
