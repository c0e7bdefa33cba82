// Part of the tests: exporters/rollbar/encoder and the items that it leads to.
import Rollbar from 'rollbar';
import { describe, expect, it } from 'vitest';
import type { IdsOf } from '../../../src/correlation/pairs.ts';
import { ReportedExceptions } from '../../../src/correlation/reported.ts';
import { encode } from '../../../src/exporters/rollbar/encoder.ts';
import { toItem } from '../../../src/exporters/rollbar/item.ts';
import { finisher } from '../../../src/exporters/rollbar/payload.ts';
import { uuidOf } from '../../../src/exporters/rollbar/uuid.ts';
import type { LogRecord } from '../../../src/model/otlp.ts';
import type { JournalRecord } from '../../../src/model/signals.ts';
import {
  capture,
  context,
  decoded,
  documentIn,
  holding,
  logs,
  NOW_MS,
  record,
  segments,
  traces,
} from '../records.ts';
import { attributes, exception, group, nano, span } from '../spans.ts';

const { decoder } = context('rollbar');
const settings = { environment: undefined, version: '0.1.0' };

const itemsOf = (received: JournalRecord, own = decoder) =>
  encode(received, own).items.map(({ value }) => toItem(value, settings)) as unknown as Item[];

interface Frame {
  filename: string;
  lineno?: number;
  method?: string;
  code?: string;
}
interface Item {
  uuid: string;
  level: string;
  body: {
    trace: { frames: Frame[]; exception: { class: string; message: string } };
    trace_chain?: { exception: { class: string }; frames: Frame[] }[];
  };
  [key: string]: unknown;
}

const errors = () => traces('python-otel/02-traces-batch-2-errors.bin');

describe('spans', () => {
  it('that one exception passed through make one item, for the request', () => {
    const received = errors();

    const { items, skipped, rejected } = encode(received, decoder);

    expect(items.map(({ value }) => [value.traceId, value.name])).toEqual([
      ['1b62a46c47aa00afafccd631c2407f95', 'GET /api/boom'],
      ['ed79f33711d0b1d22c49acc0d8926992', 'GET /api/boom'],
      ['687bf1d8eb06f26bb2f9b9ca134f038a', 'POST /api/boom'],
    ]);
    const covered = skipped.reduce((sum, { from, to }) => sum + to - from, 0) + items.length;
    expect([covered, rejected]).toEqual([received.summary.items, []]);
  });

  it('have the frames that pyrollbar sends for the same exception, so that they group with those', () => {
    const [item] = itemsOf(errors());

    const captured = JSON.parse(capture('rollbar/01-exception.json').toString()) as {
      data: Item;
    };
    const place = ({ filename, lineno, method }: Frame) => ({ filename, lineno, method });
    expect(item?.body.trace.frames.map(place)).toEqual(captured.data.body.trace.frames.map(place));
    expect(item?.body.trace.exception).toEqual(captured.data.body.trace.exception);
    expect([item?.['context'], item?.['framework'], item?.level]).toEqual(['/api/boom', 'flask', 'error']);
  });

  it('give request, environment, ids and custom fields', () => {
    const [item] = itemsOf(errors());

    expect(item).toMatchObject({
      environment: 'development',
      timestamp: 1_795_225_154,
      language: 'python',
      request: {
        url: 'http://127.0.0.1:4567/api/boom',
        method: 'GET',
        user_ip: '127.0.0.1',
        headers: { 'User-Agent': 'curl/7.88.1' },
      },
      notifier: { name: 'sidecast', version: '0.1.0' },
      custom: {
        service: 'backend-flask',
        trace_id: '1b62a46c47aa00afafccd631c2407f95',
        xray_trace_id: '1-1b62a46c-47aa00afafccd631c2407f95',
      },
      attributes: [
        { key: 'trace_id', value: '1b62a46c47aa00afafccd631c2407f95' },
        { key: 'span_id', value: 'e2de424c41b9d593' },
      ],
    });
  });

  it('have the same uuid each time, and each another', () => {
    const [first, again] = [itemsOf(errors()), itemsOf(errors())].map((items) =>
      items.map(({ uuid }) => uuid),
    );

    expect(again).toEqual(first);
    expect(new Set(first).size).toBe(3);
    expect(first?.[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('with several exceptions make several items of one source item', () => {
    const one = span({ events: [exception('A', 'a'), exception('B', 'b')] });

    const { items, skipped } = encode(
      record('traces', new Uint8Array(), 2),
      decoded(holding([group([span(), one])])),
    );

    expect(items.map(({ sources }) => sources)).toEqual([
      { position: 7, from: 1, to: 2 },
      { position: 7, from: 1, to: 2 },
    ]);
    expect(skipped).toEqual([{ from: 0, to: 1, code: 'not_applicable' }]);
  });
});

describe('spans of one request that arrive in two', () => {
  const outer = span({ events: [exception('E', 'm')] });
  const inner = span({ ...outer, spanId: '00000000000000a3', parentSpanId: outer.spanId, kind: 1 });
  const received = (position: number) => record('traces', new Uint8Array(), 1, position);
  const ofOne = (one: typeof outer) => decoded(holding([group([one])]));

  it('make one item of the exception that they both recorded; the other is skipped as duplicate', () => {
    const policy = { handledLevel: 'warning', reported: new ReportedExceptions() } as const;

    expect(encode(received(1), ofOne(inner), policy).items.length).toBe(1);
    expect(encode(received(2), ofOne(outer), policy)).toEqual({
      items: [],
      rejected: [],
      skipped: [{ from: 0, to: 1, code: 'duplicate' }],
    });
  });

  it('are sent all the same when a person replays them', () => {
    const policy = { handledLevel: 'warning', reported: new ReportedExceptions() } as const;
    encode(received(1), ofOne(inner), policy);
    const replayed = { ...received(2), origin: { peer: '', only: 'rollbar' as const } };

    expect(encode(replayed, ofOne(outer), policy).items.length).toBe(1);
  });
});

describe('a failing request of which span, log record and X-Ray document tell', () => {
  const type = 'ValueError';
  const failed = span({ events: [exception(type, 'm', 'ValueError: m')], status: { code: 2, message: '' } });
  const xrayTraceId = '6b00f63fa3e68852443a73646a96d06c';
  const segment = { ...failed, traceId: xrayTraceId, spanId: '00000000000000b7' };
  const log: LogRecord = {
    timeUnixNano: nano(NOW_MS),
    observedTimeUnixNano: 0n,
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'it went wrong',
    attributes: attributes({ 'exception.type': type, 'exception.message': 'm' }),
    traceId: failed.traceId,
    spanId: failed.spanId,
    flags: 1,
    eventName: '',
  };
  const { resource, scope } = group([]);
  const own = decoded({
    ...holding([group([failed])]),
    logs: () => [{ resource, scope, records: [log] }],
    segments: () => [[group([segment])]],
  });
  const records = (['traces', 'logs', 'segments'] as const).map((signal, position) =>
    record(signal, new Uint8Array(), 1, position),
  );
  const [spans, logged, documents] = records as [JournalRecord, JournalRecord, JournalRecord];
  const paired = (traceId: string) => ({
    otlp: traceId === xrayTraceId ? failed.traceId : traceId,
    xray: xrayTraceId,
  });
  const policyOf = (idsOf?: IdsOf) =>
    ({ handledLevel: 'warning', reported: new ReportedExceptions(), idsOf }) as const;
  const counts = (order: readonly JournalRecord[], idsOf?: IdsOf) => {
    const policy = policyOf(idsOf);
    return order.map((one) => {
      const { items, skipped } = encode(one, own, policy);
      return items.length > 0 ? 'item' : skipped[0]?.code;
    });
  };

  it('is one item, the first, in whatever order they come', () => {
    expect(counts([spans, logged, documents], paired)).toEqual(['item', 'duplicate', 'duplicate']);
    expect(counts([logged, documents, spans], paired)).toEqual(['item', 'duplicate', 'duplicate']);
    expect(counts([documents, spans, logged], paired)).toEqual(['item', 'duplicate', 'duplicate']);
  });

  it('is one at each of two traces that nobody knows to be one', () => {
    expect(counts([spans, logged, documents])).toEqual(['item', 'duplicate', 'item']);
  });

  it('is an item again when the record of that item is read again, and the others are not', () => {
    expect(counts([spans, logged, spans, logged, documents], paired)).toEqual([
      'item',
      'duplicate',
      'item',
      'duplicate',
      'duplicate',
    ]);
  });

  it('keeps an error that is logged without an exception', () => {
    const policy = { ...policyOf(), errorLogs: true };
    encode(spans, own, policy);
    const message = { ...log, attributes: new Map() };
    const plain = decoded({ logs: () => [{ resource, scope, records: [log, message] }] });

    const { items, skipped } = encode({ ...logged, summary: { ...logged.summary, items: 2 } }, plain, policy);

    expect(items.map(({ value }) => value.kind)).toEqual(['message']);
    expect(skipped).toEqual([{ from: 0, to: 1, code: 'duplicate' }]);
  });
});

describe('an item', () => {
  const item = (
    given: Parameters<typeof span>[0],
    resource: Record<string, string> = {},
    own = settings as Parameters<typeof toItem>[1],
  ) => {
    const groups = [group([span(given)], { attributes: attributes(resource) })];
    const { items } = encode(record('traces', new Uint8Array(), 1), decoded(holding(groups)));
    return toItem(items[0]!.value, own) as unknown as Item;
  };

  it('takes its environment from the option, then from the resource', () => {
    const failing = { events: [exception('E', 'm')] };

    expect(
      item(failing, { 'deployment.environment': 'old' }, { ...settings, environment: 'set' })['environment'],
    ).toBe('set');
    expect(
      item(failing, { 'deployment.environment': 'old', 'deployment.environment.name': 'new' })['environment'],
    ).toBe('new');
  });

  it('has the bare class name of a Python exception, and keeps the whole one', () => {
    const failing = {
      events: [
        exception(
          'app.errors.NotFound',
          'm',
          'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    x()\napp.errors.NotFound: m\n',
        ),
      ],
    };
    const python = item(failing, { 'telemetry.sdk.language': 'python' });

    expect([python.body.trace.exception.class, python['custom']]).toMatchObject([
      'NotFound',
      { exception_type: 'app.errors.NotFound' },
    ]);
    expect(
      item({ events: [exception('java.lang.X', 'm')] }, { 'telemetry.sdk.language': 'java' }).body.trace
        .exception.class,
    ).toBe('java.lang.X');
  });

  it('is a chain, the final exception first, where there are causes', () => {
    const stack =
      'java.lang.A: m\n\tat x.Y.f(Y.java:2)\nCaused by: java.lang.B: cause\n\tat x.Y.g(Y.java:1)\n';

    expect(
      item({ events: [exception('java.lang.A', 'm', stack)] }, { 'telemetry.sdk.language': 'java' }).body
        .trace_chain,
    ).toMatchObject([
      { exception: { class: 'java.lang.A', message: 'm' } },
      { exception: { class: 'java.lang.B', message: 'cause' } },
    ]);
  });

  it('keeps a stack that no parser knows as text, and is grouped without it', () => {
    const unread = item({ events: [exception('E', 'm', 'no stack at all')] });
    const none = item({ events: [exception('E', 'm')] });

    expect(unread.body.trace).toEqual({
      frames: [{ filename: '<unparsed>' }],
      exception: { class: 'E', message: 'm', description: 'no stack at all' },
    });
    expect(none.body.trace.frames).toEqual([{ filename: '<no stack trace>' }]);
    expect([unread['fingerprint'], none['fingerprint']]).toEqual([
      expect.stringMatching(/^[0-9a-f]{40}$/),
      unread['fingerprint'],
    ]);
  });

  it('cuts what Rollbar limits', () => {
    const long = 'x'.repeat(300);
    const cut = item(
      { name: long, events: [exception('E', 'm')], attributes: attributes({ 'user.id': long }) },
      { 'service.version': long, 'deployment.environment': long },
    );

    expect(
      [cut['context'], cut['environment'], cut['code_version']].map((text) => String(text).length),
    ).toEqual([255, 255, 40]);
    expect(cut['person']).toMatchObject({ id: 'x'.repeat(40) });
  });
});

describe('what an item says besides its stack', () => {
  const failing = { events: [exception('E', 'm')] };
  const item = (
    given: Parameters<typeof span>[0],
    more: { resource?: Record<string, string>; scope?: string; serverRoot?: string } = {},
  ) => {
    const made = group([span({ ...failing, ...given })], { attributes: attributes(more.resource ?? {}) });
    const groups = [{ ...made, scope: { ...made.scope, name: more.scope ?? '' } }];
    const { items } = encode(record('traces', new Uint8Array(), 1), decoded(holding(groups)));
    return toItem(items[0]!.value, { ...settings, serverRoot: more.serverRoot }) as unknown as Item;
  };

  it('has the root that Rollbar takes off file names: the option, else the working directory', () => {
    const resource = { 'process.working_directory': '/srv/releases/7' };

    expect(item({}, { resource })['server']).toMatchObject({ root: '/srv/releases/7' });
    expect(item({}, { resource, serverRoot: '/srv/app/' })['server']).toMatchObject({ root: '/srv/app' });
    expect(item({})['server']).toMatchObject({ root: undefined });
  });

  it('has the query and the headers of the request', () => {
    const headers = {
      'http.request.header.content-type': ['application/json'],
      'http.request.header.x_request_id': ['a', 'b'],
    };
    const request = {
      'http.request.method': 'GET',
      'url.full': 'http://x/y?q=1&q=2&z=%20#top',
      'client.address': '10.0.0.1',
    };

    expect(item({ attributes: new Map(Object.entries({ ...request, ...headers })) })['request']).toEqual({
      url: 'http://x/y?q=1&q=2&z=%20#top',
      method: 'GET',
      headers: { 'Content-Type': 'application/json', 'X-Request-Id': 'a, b' },
      query_string: 'q=1&q=2&z=%20',
      GET: { q: '2', z: ' ' },
      user_ip: '10.0.0.1',
    });
  });

  it.each([
    ['user.id', 'u1', 'u1'],
    ['enduser.id', 'u2', 'u2'],
    ['user.id', 17, '17'],
  ])('has the person from %s', (key, value, id) => {
    expect(item({ attributes: attributes({ [key]: value }) })['person']).toMatchObject({ id });
  });

  it.each([
    ['opentelemetry.instrumentation.flask', 'flask'],
    ['@opentelemetry/instrumentation-express', 'express'],
    ['io.opentelemetry.spring-webmvc-6.0', 'spring-webmvc'],
    ['OpenTelemetry::Instrumentation::Rails', 'rails'],
    ['io.opentelemetry.contrib.php.laravel', 'laravel'],
    ['go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin', 'gin'],
    ['Microsoft.AspNetCore', 'aspnetcore'],
    ['OpenTelemetry.Instrumentation.AspNetCore', 'aspnetcore'],
    ['my.tracer', undefined],
  ])('knows the framework of the scope %s', (scope, framework) => {
    expect(item({}, { scope })['framework']).toBe(framework);
  });

  it('has what was logged in the trace as telemetry, at most the last 100 records', () => {
    const groups = [group([span(failing)])];
    const own = decoded(holding(groups));
    const { items } = encode(record('traces', new Uint8Array(), 1), own);
    const recentLogs = Array.from({ length: 120 }, (_, i) => ({
      timeUnixNano: nano(NOW_MS + i),
      severityNumber: i === 119 ? 13 : 0,
      text: `step ${i}`,
    }));

    const { body } = toItem(items[0]!.value, { ...settings, recentLogs }) as {
      body: { telemetry: object[] };
    };

    expect(body.telemetry.length).toBe(100);
    expect([body.telemetry[0], body.telemetry[99]]).toEqual([
      {
        level: 'info',
        type: 'log',
        source: 'server',
        timestamp_ms: NOW_MS + 20,
        body: { message: 'step 20' },
      },
      expect.objectContaining({ level: 'warning', timestamp_ms: NOW_MS + 119 }),
    ]);
    expect(toItem(items[0]!.value, settings)['body']).toMatchObject({ telemetry: undefined });
  });

  it.each([
    ['failed', 2, 'error'],
    ['did not fail', 0, 'info'],
    ['is said to be well', 1, 'info'],
  ])('has its level by whether the span failed: one that %s', (_what, code, level) => {
    const groups = [group([span({ ...failing, status: { code, message: '' } })])];
    const own = decoded(holding(groups));
    const { items } = encode(record('traces', new Uint8Array(), 1), own, { handledLevel: 'info' });

    expect(toItem(items[0]!.value, settings)).toMatchObject({ level });
  });
});

describe('log records', () => {
  it('with an exception become items, the others are skipped', () => {
    const received = logs('python-otel-auto/01-logs.bin');

    const { items, skipped } = encode(received, decoder);

    expect(items.map(({ value }) => toItem(value, settings))).toMatchObject([
      {
        level: 'error',
        environment: 'dev',
        server: { host: 'backend-flask' },
        body: {
          trace: {
            frames: [{ filename: '/app/auto_app.py', lineno: 23 }],
            exception: { class: 'ValueError', message: 'boom' },
          },
        },
        custom: { message: 'it went wrong', trace_id: 'a780f034bcd99b1e0f867cd05e0a9d8f' },
      },
    ]);
    expect(skipped.reduce((sum, { from, to }) => sum + to - from, items.length)).toBe(received.summary.items);
  });
});

describe('error logs without an exception', () => {
  const log = (more: Partial<LogRecord> = {}): LogRecord => ({
    timeUnixNano: nano(NOW_MS),
    observedTimeUnixNano: 0n,
    severityNumber: 17,
    severityText: 'ERROR',
    body: 'it went wrong 17 times',
    attributes: attributes({ 'code.function': 'save' }),
    traceId: '',
    spanId: '',
    flags: 0,
    eventName: '',
    ...more,
  });
  const encoded = (records: readonly LogRecord[], errorLogs: boolean) => {
    const { resource, scope } = group([]);
    const received = record('logs', new Uint8Array(), records.length);
    const summary = { ...received.summary, exceptions: 0 };
    const own = decoded({ logs: () => [{ resource, scope, records }] });
    return encode({ ...received, summary }, own, { handledLevel: 'warning', errorLogs });
  };

  it('are skipped unless they are asked for', () => {
    expect(encoded([log()], false)).toMatchObject({ items: [], skipped: [{ code: 'not_applicable' }] });
  });

  it('are messages where they are, those of less severity are not', () => {
    const { items, skipped } = encoded(
      [log({ severityNumber: 16 }), log(), log({ severityNumber: 21 })],
      true,
    );
    const [error, fatal] = items.map(({ value }) => toItem(value, settings));

    expect(skipped).toEqual([{ from: 0, to: 1, code: 'not_applicable' }]);
    expect(error).toMatchObject({
      level: 'error',
      body: { message: { body: 'it went wrong 17 times' } },
      custom: { attributes: { 'code.function': 'save' } },
    });
    expect(error?.['body']).not.toHaveProperty('trace');
    expect(fatal).toMatchObject({ level: 'critical' });
  });

  it.each([
    [{ body: new Map([['user', 7]]) }, '{"user":7}'],
    [{ body: null, eventName: 'save.failed' }, 'save.failed'],
    [{ body: ' ', severityText: '' }, 'an error without words'],
  ])('have words: %j', (more, words) => {
    const [item] = encoded([log(more)], true).items;

    expect(toItem(item!.value, settings)).toMatchObject({ body: { message: { body: words } } });
  });

  it('have a uuid each, the same each time', () => {
    const uuids = () =>
      encoded([log(), log({ body: 'another' }), log({ body: new Map([['a', 1]]) })], true).items.map(
        ({ value }) => value.uuid,
      );

    expect(new Set(uuids()).size).toBe(3);
    expect(uuids()).toEqual(uuids());
  });
});

describe('X-Ray documents', () => {
  it('become one item for each cause, with the request of their segment', () => {
    const received = segments(
      documentIn('python-xray/02-segment-home.udp.txt'),
      documentIn('python-xray/07-segment-exception.udp.txt'),
      documentIn('java-xray/01-segment-exception-chain.udp.txt'),
      documentIn('node-xray/05-segment-exception.udp.txt'),
    );

    const { items, skipped } = encode(received, decoder);

    expect([items.map(({ sources }) => sources.from), skipped]).toEqual([
      [1, 2, 3],
      [{ from: 0, to: 1, code: 'not_applicable' }],
    ]);
    const [python, java, node] = items.map(({ value }) => toItem(value, settings) as unknown as Item);
    expect(python).toMatchObject({
      body: { trace: { frames: [{ filename: 'app.py', lineno: 132, method: 'boom' }] } },
      request: { method: 'GET', url: 'http://127.0.0.1:4567/api/boom' },
      custom: { span_id: '0a7dbaecd295fd29' },
    });
    expect(java?.body.trace_chain?.map(({ exception: { class: name } }) => name)).toEqual([
      'java.lang.IllegalStateException',
      'java.lang.RuntimeException',
    ]);
    expect(node?.body.trace.frames.at(-1)).toMatchObject({ filename: '/app/node_xray.cjs', lineno: 9 });
  });
});

describe('what has no exception', () => {
  it('is not even decoded', () => {
    const received = {
      ...errors(),
      payload: new Uint8Array([255]),
      summary: { ...errors().summary, items: 3, exceptions: 0 },
    };

    expect(encode(received, decoder)).toEqual({
      items: [],
      rejected: [],
      skipped: [{ from: 0, to: 3, code: 'not_applicable' }],
    });
  });

  it('is not supported where it is a metric', () => {
    expect(encode(record('metrics', new Uint8Array(), 2), decoder).skipped).toEqual([
      { from: 0, to: 2, code: 'signal_unsupported' },
    ]);
  });
});

describe(uuidOf, () => {
  it('tells names apart', () => {
    expect(uuidOf('a')).toBe(uuidOf('a'));
    expect(uuidOf('a')).not.toBe(uuidOf('b'));
  });
});

describe(finisher, () => {
  const text = (body: Uint8Array | undefined) => Buffer.from(body ?? []).toString();

  it('masks what looks like a secret, in keys and in queries', async () => {
    const finish = await finisher();

    const body = text(
      finish({
        body: {},
        request: { url: 'http://x/y?token=abc&z=1', headers: { Cookie: 'abc' } },
        custom: { password: 'abc', n: 1 },
      }),
    );

    expect(body).not.toContain('abc');
    expect(JSON.parse(body)).toMatchObject({
      data: { request: { url: 'http://x/y?token=********&z=1' }, custom: { n: 1 } },
    });
  });

  it('masks every word of rollbar’s own lists, however it is written', async () => {
    const finish = await finisher();
    const { scrubFields, scrubHeaders } = new Rollbar({ accessToken: 'unused', enabled: false })
      .options as Record<string, string[]>;
    const words = [...(scrubFields ?? []), ...(scrubHeaders ?? [])];
    expect(words.length).toBeGreaterThan(20);

    for (const word of words) {
      for (const key of [word, word.toUpperCase(), `[${word}]`, `%5B${word}%5D`]) {
        const left = [
          { body: {}, custom: { [key]: 'marker' } },
          { body: {}, custom: { text: `/path?a=1&${key}=marker` } },
        ].map((item) => text(finish(item)).includes('marker'));
        expect([key, ...left]).toEqual([key, false, false]);
      }
    }
  });

  it('cuts a large item to 512 KiB, and has none for what cannot be cut', async () => {
    const finish = await finisher();
    const body = () => ({ trace: { frames: [{ filename: 'a' }], exception: { class: 'E', message: 'm' } } });

    const long = finish({ body: body(), custom: { text: 'é'.repeat(600_000) } });
    const wide = finish({
      body: body(),
      custom: Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i])),
    });

    expect(long?.length).toBeLessThanOrEqual(512 * 1024);
    expect(JSON.parse(text(long))).toMatchObject({ data: { body: body() } });
    expect(wide).toBeUndefined();
  });

  it('leaves this process alone', async () => {
    const before = ['uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name));

    await finisher();

    expect(['uncaughtException', 'unhandledRejection'].map((name) => process.listenerCount(name))).toEqual(
      before,
    );
  });
});
