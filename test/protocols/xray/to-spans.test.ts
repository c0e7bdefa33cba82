// Part of the tests: segments become spans with everything in them, and nothing optional loses a document.
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Span, SpanKind, StatusCode } from '../../../src/model/otlp.ts';
import { parseStack } from '../../../src/protocols/stacktrace/index.ts';
import { parseSegment } from '../../../src/protocols/xray/segment.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { capturedDocument } from './otlp-json.ts';

const convert = (document: string | object) => {
  const segment = parseSegment(typeof document === 'string' ? document : JSON.stringify(document));
  const [group] = segment ? segmentToSpans(segment) : [];
  return { spans: group?.spans ?? [], resource: Object.fromEntries(group?.resource.attributes ?? []) };
};
const captured = (path: string) => convert(capturedDocument(path));
const attributes = (span: Span | undefined) => Object.fromEntries(span?.attributes ?? []);

const BASE = {
  trace_id: '1-6b00f63f-18f9c3bf0c2b46ce71d7c5bc',
  id: '1b99cf40b19f950b',
  name: 'svc',
  start_time: 1795225151,
  end_time: 1795225152,
};

describe('a request of the Flask middleware', () => {
  const { spans, resource } = captured('python-xray/02-segment-home.udp.txt');

  it('is a SERVER span with the ids, times and stable HTTP names', () => {
    expect(spans).toHaveLength(1);
    expect(spans[0]).toMatchObject({
      traceId: '6b00f63fa3e68852443a73646a96d06c',
      spanId: '6a71ab68d7306b7e',
      parentSpanId: '',
      name: 'backend-flask',
      kind: SpanKind.SERVER,
      startTimeUnixNano: 1795225151982671000n,
      endTimeUnixNano: 1795225151983367000n,
      status: { code: StatusCode.UNSET, message: '' },
    });
    expect(attributes(spans[0])).toEqual({
      'http.request.method': 'GET',
      'url.full': 'http://127.0.0.1:4567/api/activities/home',
      'url.scheme': 'http',
      'url.path': '/api/activities/home',
      'server.address': '127.0.0.1',
      'server.port': 4567,
      'user_agent.original': 'curl/7.88.1',
      'client.address': '127.0.0.1',
      'http.response.status_code': 200,
      'http.response.body.size': 335,
      'aws.xray.sampling_rule': 'Cruddur',
    });
  });

  it('knows service, runtime and SDK', () => {
    expect(resource).toEqual({
      'service.name': 'backend-flask',
      'process.runtime.name': 'CPython',
      'process.runtime.version': '3.11.7',
      'telemetry.sdk.name': 'X-Ray for Python',
      'telemetry.sdk.version': '2.15.0',
      'telemetry.sdk.language': 'python',
    });
  });
});

describe('subsegments', () => {
  it('follow their parents, depth first, and name where they are embedded as parent', () => {
    const { spans } = captured('go-xray/03-segment-remote-nested.udp.txt');
    expect(spans.map(({ name }) => name)).toEqual([
      'backend-flask',
      '127.0.0.1:4577',
      'connect',
      'dial',
      'request',
      'response',
    ]);
    const byName = new Map(spans.map((span) => [span.name, span]));
    expect(byName.get('dial')?.parentSpanId).toBe(byName.get('connect')?.spanId);
    expect(byName.get('127.0.0.1:4577')?.kind).toBe(SpanKind.CLIENT);
    expect(byName.get('dial')?.kind).toBe(SpanKind.INTERNAL);
    expect(attributes(byName.get('dial'))['aws.xray.metadata.http']).toBe('{"connect":{"network":"tcp"}}');
  });

  it('carry annotations as attributes and metadata as JSON text', () => {
    const { spans } = captured('python-xray/03-segment-annotations-metadata.udp.txt');
    expect(attributes(spans[0])).toMatchObject({
      handle: 'andrewbrown',
      'aws.xray.metadata.app': '{"now":"2026-11-21T01:39:12.019541+00:00"}',
    });
    expect(attributes(spans[1])).toMatchObject({
      user_id: 'andrewbrown',
      count: 3,
      ok: true,
      'aws.xray.annotations': ['user_id', 'count', 'ok'],
    });
  });

  it('that call AWS or a database say so', () => {
    const aws = captured('python-xray/23-aws-subsegments.udp.txt').spans[2];
    expect(aws).toMatchObject({ name: 'dynamodb', kind: SpanKind.CLIENT });
    expect(attributes(aws)).toMatchObject({
      'rpc.system': 'aws-api',
      'rpc.method': 'GetItem',
      'aws.table_name': 't',
      'aws.region': 'us-east-1',
    });
    const sql = captured('python-xray/22-throttle-and-sql.udp.txt').spans[1];
    expect(attributes(sql)).toMatchObject({
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT 1',
      'db.namespace': 'cruddur',
      'db.user': 'cruddur',
      'server.address': 'db.example.com',
      'server.port': 5432,
    });
  });

  it('sent on their own never give the service their own name', () => {
    const { spans, resource } = captured('python-xray/11-streamed-subsegment-first.udp.txt');
    expect(spans[0]).toMatchObject({
      name: 'sub-0',
      parentSpanId: '6c0b831f6d5ef7e5',
      kind: SpanKind.INTERNAL,
    });
    expect(attributes(spans[0])['aws.xray.type']).toBe('subsegment');
    expect(resource).toEqual({});
    const segment = parseSegment(capturedDocument('python-xray/11-streamed-subsegment-first.udp.txt')) ?? {};
    const [known] = segmentToSpans(segment, { serviceName: 'backend-flask' });
    expect(known?.resource.attributes.get('service.name')).toBe('backend-flask');
  });

  it('say whether their parent is in another process', () => {
    const parent_id = '00000000000000aa';
    const flags = (segment: object) => convert({ ...BASE, ...segment }).spans.map((span) => span.flags);
    expect(flags({ subsegments: [{ ...BASE, id: '00000000000000bb' }] })).toEqual([0, 0x100]);
    expect(flags({ parent_id })).toEqual([0x300]);
    expect(flags({ parent_id, type: 'subsegment' })).toEqual([0x100]);
  });

  it('that are still open are marked and have no end, and the finished one has the same id', () => {
    const open = captured('python-xray/19-open-subsegment.udp.txt').spans[1];
    expect(open?.endTimeUnixNano).toBe(0n);
    expect(attributes(open)['aws.xray.in_progress']).toBe(true);
    const finished = captured('python-xray/20-late-subsegment.udp.txt').spans[0];
    expect(finished?.spanId).toBe(open?.spanId);
    expect(attributes(finished)).not.toHaveProperty('aws.xray.in_progress');
  });

  it('may be nested as deep as a document is read', () => {
    expect(captured('python-xray/21-nested-30-deep.udp.txt').spans).toHaveLength(31);
    const deep = `{"subsegments":[`.repeat(240) + ']}'.repeat(240);
    const document = `${JSON.stringify(BASE).slice(0, -1)},"subsegments":[${deep}]}`;
    const { spans } = convert(document);
    expect(spans).toHaveLength(241);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(241);
  });
});

describe('status', () => {
  const status = (segment: object) => convert({ ...BASE, ...segment }).spans[0]?.status.code;

  it.each([
    ['a fault', { fault: true }, StatusCode.ERROR],
    ['a 500', { http: { response: { status: 500 } } }, StatusCode.ERROR],
    ['a 404 of a server', { error: true, http: { response: { status: 404 } } }, StatusCode.UNSET],
    [
      'a 429 of a server',
      { error: true, throttle: true, http: { response: { status: 429 } } },
      StatusCode.UNSET,
    ],
    ['a 404 of a client', { namespace: 'remote', http: { response: { status: 404 } } }, StatusCode.ERROR],
    ['an error without http', { error: true }, StatusCode.ERROR],
    ['a 399', { http: { response: { status: 399 } } }, StatusCode.UNSET],
    ['an empty cause', { cause: {} }, StatusCode.UNSET],
  ])('of %s', (_what, segment, expected) => {
    expect(status(segment)).toBe(expected);
  });

  it('keeps the flags as attributes', () => {
    expect(attributes(captured('node-xray/07-segment-429.udp.txt').spans[0])).toMatchObject({
      'aws.xray.error': true,
      'aws.xray.throttle': true,
    });
  });
});

describe('causes', () => {
  const event = (span: Span | undefined) =>
    attributes({ ...span, attributes: span?.events[0]?.attributes } as Span);

  it('become exception events, also where the cause is only the id of one elsewhere', () => {
    const { spans } = captured('python-xray/07-segment-exception.udp.txt');
    for (const span of spans) {
      expect(span.events).toHaveLength(1);
      expect(span.events[0]?.timeUnixNano).toBe(span.endTimeUnixNano);
      expect(event(span)).toMatchObject({
        'exception.type': 'ValueError',
        'exception.message': 'boom: something went wrong for nobody',
        'aws.xray.exception.id': '9bd1d93818634f07',
      });
      expect(span.status).toEqual({
        code: StatusCode.ERROR,
        message: 'ValueError: boom: something went wrong for nobody',
      });
    }
    expect(event(spans[1])['aws.xray.cause.working_directory']).toBe('/app');
  });

  it.each([
    [
      'python',
      'python-xray/07-segment-exception.udp.txt',
      1,
      { file: 'app.py', line: 132, function: 'boom' },
      1,
    ],
    [
      'nodejs',
      'node-xray/05-segment-exception.udp.txt',
      0,
      { file: '/app/node_xray.cjs', line: 9, function: 'anonymous' },
      10,
    ],
    [
      'go',
      'go-xray/06-segment-exception.udp.txt',
      1,
      { file: 'github.com/aws/aws-xray-sdk-go/v2@v2.0.3/xray/capture.go', line: 48, function: 'Capture' },
      9,
    ],
    [
      'java',
      'java-xray/01-segment-exception-chain.udp.txt',
      1,
      { file: 'Main.java', line: 16, function: 'lab.Main.main' },
      1,
    ],
  ] as const)(
    'of %s give a stack trace text that reads back, newest call last',
    (language, path, index, newest, count) => {
      const { spans, resource } = captured(path);
      expect(resource['telemetry.sdk.language']).toBe(language);
      const text = String(event(spans[index])['exception.stacktrace']);
      const [exception] = parseStack(text, language) ?? [];
      expect(exception?.frames).toHaveLength(count);
      expect(exception?.frames.at(-1)).toMatchObject(newest);
    },
  );

  it('keep a chain together in one event', () => {
    const { spans } = captured('java-xray/01-segment-exception-chain.udp.txt');
    expect(spans[1]?.events).toHaveLength(1);
    const chain = parseStack(String(event(spans[1])['exception.stacktrace']), 'java');
    expect(chain?.map(({ type, message }) => [type, message])).toEqual([
      ['java.lang.IllegalStateException', 'boom'],
      ['java.lang.RuntimeException', 'cause'],
    ]);
  });

  it('without stacks still name what caused what, in this document or in another', () => {
    const exceptions = [
      { id: 'a', type: 'A', message: 'outer', cause: 'b' },
      { id: 'b', type: 'B', message: 'inner' },
      { id: 'c', type: 'C', cause: 'elsewhere' },
    ];
    const cause = { working_directory: '/app', paths: ['app.py', 7, 'lib.py'], exceptions };
    const [chained, lone] = convert({ ...BASE, cause }).spans[0]?.events ?? [];
    expect(chained?.attributes.get('exception.stacktrace')).toBe('A: outer\n  [cause]: B: inner');
    expect(chained?.attributes.get('aws.xray.cause.paths')).toEqual(['app.py', 'lib.py']);
    expect(lone?.attributes.get('aws.xray.exception.cause')).toBe('elsewhere');
  });

  it('that bite their tail, or name nothing, end', () => {
    const exceptions = [
      { id: 'a', type: 'A', cause: 'b', stack: [{ path: 'a.rb', line: 1, label: 'f' }] },
      { id: 'b', type: 'B', cause: 'a' },
    ];
    expect(convert({ ...BASE, cause: { exceptions } }).spans[0]?.events).toHaveLength(1);
    const lost = convert({ ...BASE, cause: '0123456789abcdef' }).spans[0];
    expect(event(lost)).toEqual({ 'aws.xray.exception.id': '0123456789abcdef' });
  });
});

describe('where a segment ran', () => {
  it('becomes resource attributes', () => {
    expect(captured('python-xray/24-ecs-plugin.udp.txt').resource).toMatchObject({
      'container.name': 'backend-flask',
      'cloud.provider': 'aws',
      'cloud.platform': 'aws_ecs',
      'aws.xray.origin': 'AWS::ECS::Container',
    });
    const { resource } = convert({
      ...BASE,
      resource_arn: 'arn:x',
      service: { version: '1.2' },
      aws: {
        account_id: '123456789012',
        ec2: { instance_id: 'i-1', availability_zone: 'us-east-1a' },
        cloudwatch_logs: [{ log_group: 'g', arn: 'arn:g' }, 7],
      },
    });
    expect(resource).toMatchObject({
      'service.version': '1.2',
      'host.id': 'i-1',
      'cloud.account.id': '123456789012',
      'aws.log.group.names': ['g'],
      'aws.log.group.arns': ['arn:g'],
      'aws.xray.resource_arn': 'arn:x',
    });
    expect(captured('node-xray/01-segment-local-rule.udp.txt').resource).not.toHaveProperty(
      'service.version',
    );
  });

  it('keeps what OTel has no name for', () => {
    const { spans, resource } = convert({
      ...BASE,
      service: { name: 'shop', version: 'unknown' },
      aws: {
        ec2: { instance_id: 'i-1', spot: true },
        elastic_beanstalk: { deployment_id: 32 },
        xray: { package: 'aws-xray-sdk' },
        table_names: ['a', 'b'],
      },
    });
    expect(resource).toEqual({
      'service.name': 'svc',
      'aws.xray.service.name': 'shop',
      'host.id': 'i-1',
      'aws.xray.ec2.spot': true,
      'service.instance.id': '32',
      'aws.xray.package': 'aws-xray-sdk',
    });
    expect(attributes(spans[0])['aws.dynamodb.table_names']).toEqual(['a', 'b']);
  });
});

describe('no optional field loses the document', () => {
  const FIELDS = [
    'name',
    'parent_id',
    'type',
    'end_time',
    'in_progress',
    'namespace',
    'user',
    'origin',
    'resource_arn',
    'service',
    'http',
    'aws',
    'sql',
    'error',
    'throttle',
    'fault',
    'cause',
    'annotations',
    'metadata',
    'subsegments',
    'links',
    'precursor_ids',
    'traced',
  ];
  const ODD = [
    null,
    0,
    -1,
    '',
    'text',
    true,
    [],
    [null, 1, 'x', [], {}],
    {},
    { request: 1, response: 'x', exceptions: [1, { stack: [1] }], url: 'nonsense', xray: 3, ecs: [] },
  ];

  it.each(FIELDS)('however odd %s is', (field) => {
    for (const value of ODD) {
      expect(convert({ ...BASE, [field]: value }).spans.length).toBeGreaterThanOrEqual(1);
      expect(
        convert({ ...BASE, subsegments: [{ id: '0000000000000001', [field]: value }] }).spans.length,
      ).toBeGreaterThanOrEqual(2);
    }
  });

  it('keeps links, precursors and unknown namespaces', () => {
    const { spans } = convert({
      ...BASE,
      namespace: 'odd',
      precursor_ids: ['a'],
      links: [{ trace_id: BASE.trace_id, id: '00000000000000aa', attributes: { a: 1 } }, { trace_id: 'x' }],
    });
    expect(spans[0]?.links).toEqual([
      {
        traceId: '6b00f63f18f9c3bf0c2b46ce71d7c5bc',
        spanId: '00000000000000aa',
        traceState: '',
        attributes: new Map([['a', 1]]),
      },
    ]);
    expect(attributes(spans[0])).toMatchObject({
      'aws.xray.namespace': 'odd',
      'aws.xray.precursor_ids': ['a'],
    });
  });

  it('and only ids and a time are demanded', () => {
    expect(convert({ trace_id: BASE.trace_id, id: BASE.id, end_time: 5 }).spans[0]?.startTimeUnixNano).toBe(
      5_000_000_000n,
    );
    for (const missing of ['trace_id', 'id'])
      expect(convert({ ...BASE, [missing]: undefined }).spans).toEqual([]);
    expect(convert({ trace_id: BASE.trace_id, id: BASE.id }).spans).toEqual([]);
  });

  it('every captured document becomes spans of one trace', () => {
    for (const folder of ['python-xray', 'node-xray', 'go-xray', 'java-xray']) {
      const path = new URL(`../../fixtures/captures/${folder}/`, import.meta.url);
      for (const file of readdirSync(path).filter((name) => name.endsWith('.udp.txt'))) {
        const { spans } = captured(`${folder}/${file}`);
        expect(spans.length, file).toBeGreaterThan(0);
        expect(new Set(spans.map(({ traceId }) => traceId)).size, file).toBe(1);
      }
    }
  });
});
