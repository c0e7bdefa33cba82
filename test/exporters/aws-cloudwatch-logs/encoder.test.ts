// Part of the tests: exporters/aws-cloudwatch-logs/encoder and what it makes events of.
import { describe, expect, it } from 'vitest';
import type { Encoded } from '../../../src/delivery/exporter.ts';
import { encode } from '../../../src/exporters/aws-cloudwatch-logs/encoder.ts';
import { encodeEvent, type LogEvent } from '../../../src/exporters/aws-cloudwatch-logs/event.ts';
import { partitions } from '../../../src/exporters/aws-cloudwatch-logs/partition.ts';
import type { LogGroup, LogRecord, SpanGroup } from '../../../src/model/otlp.ts';
import { bytesOf } from '../../../src/model/shelf.ts';
import type { JournalRecord } from '../../../src/model/signals.ts';
import { context, decoded, documentIn, holding, logs, NOW_MS, record, segments, traces } from '../records.ts';
import { attributes, exception, group, nano, span } from '../spans.ts';

const partitionOf = partitions('cruddur', '{service.name}');
const { clock, decoder } = context('aws-cloudwatch-logs');

const encoded = (received: JournalRecord, own = decoder) =>
  encode(received, { clock, decoder: own, partitionOf });
const countOf = (groups: readonly SpanGroup[]) => groups.reduce((sum, { spans }) => sum + spans.length, 0);
const ofSpans = (...groups: SpanGroup[]) =>
  encoded(record('traces', new Uint8Array(), countOf(groups)), decoded(holding(groups)));

interface Message {
  [key: string]: unknown;
}

function messages({ items }: Encoded<LogEvent>): Message[] {
  return items.map(({ value, bytes, timeUnixMs }) => {
    const { timestamp, message } = JSON.parse(bytesOf(value).toString()) as {
      timestamp: number;
      message: string;
    };
    expect([timestamp, bytes]).toEqual([timeUnixMs, Buffer.byteLength(message) + 26]);
    return JSON.parse(message) as Message;
  });
}

function log(more: Partial<LogRecord>): LogGroup {
  const empty = {
    attributes: new Map(),
    traceId: '',
    spanId: '',
    flags: 0,
    eventName: '',
    body: 'hello',
    severityNumber: 9,
    severityText: '',
  };
  const one: LogRecord = { timeUnixNano: nano(NOW_MS), observedTimeUnixNano: 0n, ...empty, ...more };
  return {
    resource: { attributes: attributes({ 'service.name': 'api', 'host.name': 'h' }) },
    scope: { name: 'app', version: '', attributes: new Map() },
    records: [one],
  };
}
const ofLogs = (...groups: LogGroup[]) =>
  encoded(record('logs', new Uint8Array(), groups.length), decoded({ logs: () => groups }));

describe('log records', () => {
  it('become one event each, with the important keys first', () => {
    const received = logs('python-otel-auto/01-logs.bin');

    const result = encoded(received);

    const lines = messages(result);
    const [home] = lines;
    const failed = lines.find(({ level }) => level === 'error');
    expect(lines).toHaveLength(received.summary.items);
    expect(Object.keys(home ?? {})).toEqual([
      'timestamp',
      'level',
      'message',
      'service',
      'traceId',
      'spanId',
      'xrayTraceId',
      'logger',
      'attributes',
      'resource',
      'event_id',
    ]);
    expect(home).toMatchObject({
      timestamp: '2026-11-21T01:46:39.632Z',
      level: 'info',
      message: 'IAM Active Logger! from /api/activities/home',
      service: 'backend-flask',
      traceId: 'a8431546c8b969f9a86734d783829ec2',
      xrayTraceId: '1-a8431546-c8b969f9a86734d783829ec2',
      logger: 'app',
      attributes: { user_id: 'andrewbrown', n: 3 },
      resource: { 'deployment.environment': 'dev' },
    });
    expect(failed).toMatchObject({
      message: 'it went wrong',
      error: { type: 'ValueError', message: 'boom', stack: expect.stringContaining('Traceback') },
    });
    expect(failed?.['attributes']).not.toHaveProperty('exception.type');
    expect(new Set(result.items.map(({ partition }) => partition))).toEqual(
      new Set(['cruddur\u0000backend-flask']),
    );
  });

  it('have an id that is the same each time and no other record has', () => {
    const first = messages(encoded(logs('python-otel-auto/01-logs.bin'))).map((line) => line['event_id']);
    const again = messages(encoded(logs('python-otel-auto/01-logs.bin'))).map((line) => line['event_id']);
    const next = messages(encoded({ ...logs('python-otel-auto/01-logs.bin'), position: 10 })).map(
      (line) => line['event_id'],
    );

    expect(again).toEqual(first);
    expect(new Set([...first, ...next]).size).toBe(first.length * 2);
  });

  it.each([
    [
      {
        body: new Map([
          ['message', 'text'],
          ['n', '1'],
        ]),
      },
      { message: 'text', body: { message: 'text', n: '1' } },
    ],
    [{ body: new Map([['n', 1n]]) }, { message: '{"n":"1"}', body: { n: '1' } }],
    [
      { body: null, eventName: 'started' },
      { message: 'started', event: 'started' },
    ],
    [{ body: 42 }, { message: '42', body: 42 }],
    [{ body: '\u001b[33mGET /nope HTTP/1.1\u001b[0m 404' }, { message: 'GET /nope HTTP/1.1 404' }],
    [
      { attributes: attributes({ 'exception.stacktrace': 'at f (a.js:1:2)', n: 1 }) },
      { error: { stack: 'at f (a.js:1:2)' }, attributes: { n: 1 } },
    ],
    [{ severityNumber: 0, severityText: 'NOTICE' }, { level: 'notice' }],
    [{ severityNumber: 24 }, { level: 'fatal' }],
    [{ severityNumber: 1 }, { level: 'trace' }],
    [
      { timeUnixNano: 0n, observedTimeUnixNano: nano(NOW_MS - 5) },
      { timestamp: new Date(NOW_MS - 5).toISOString() },
    ],
    [{ timeUnixNano: 0n }, { timestamp: new Date(NOW_MS).toISOString() }],
  ])('of many shapes read well (%#)', (given, expected) => {
    expect(messages(ofLogs(log(given)))).toMatchObject([expected]);
  });

  it('are cut to the size that was asked for', () => {
    const received = record('logs', new Uint8Array(), 1);
    const own = decoded({ logs: () => [log({ body: `head ${'x'.repeat(300_000)} tail` })] });

    const result = encode(received, { clock, decoder: own, partitionOf, maxEventBytes: 262_144 });

    expect(result.items[0]?.bytes).toBeLessThanOrEqual(262_144);
    expect(messages(result)).toMatchObject([
      { truncated: true, message: expect.stringMatching(/^head x+ … \d+ characters cut … x+ tail$/) },
    ]);
  });

  it('have the attributes of their scope', () => {
    const plain = log({});
    const scope = { ...plain.scope, attributes: attributes({ component: 'db' }) };

    expect(messages(ofLogs({ ...plain, scope }, plain)).map((line) => line['scope'])).toEqual([
      { component: 'db' },
      undefined,
    ]);
  });

  it('outside of what the vendor takes are refused before they are sent', () => {
    const day = 86_400_000;
    const result = ofLogs(
      log({ timeUnixNano: nano(NOW_MS - 14 * day) }),
      log({}),
      log({ timeUnixNano: nano(NOW_MS + 2 * 3_600_000) }),
      log({ timeUnixNano: nano(NOW_MS - 13 * day) }),
    );

    expect(result.items.map(({ sources }) => sources.from)).toEqual([1, 3]);
    expect(result.rejected).toMatchObject([
      { from: 0, reason: { code: 'too_old' } },
      { from: 2, reason: { code: 'too_new' } },
    ]);
  });
});

describe('spans', () => {
  it('become an access line for each request and an error event for each exception', () => {
    const received = traces('python-otel/02-traces-batch-2-errors.bin');

    const result = encoded(received);

    const lines = messages(result);
    const boom = lines.filter(({ traceId }) => traceId === '1b62a46c47aa00afafccd631c2407f95');
    expect(boom).toMatchObject([
      {
        level: 'error',
        message: 'GET /api/boom 500 11.6 ms',
        service: 'backend-flask',
        spanId: 'e2de424c41b9d593',
        http: { method: 'GET', route: '/api/boom', path: '/api/boom', status: 500 },
        duration_ms: 11.6,
        peer: '127.0.0.1',
      },
      {
        level: 'error',
        message: 'ValueError: boom: something went wrong for nobody',
        error: { type: 'ValueError', stack: expect.stringContaining('wsgi_app') },
      },
    ]);
    expect(lines.find(({ message }) => String(message).includes('/nope'))).toMatchObject({
      level: 'warn',
      message: expect.stringMatching(/^GET \/nope 404 [\d.]+ ms$/),
    });
    expect(lines.find(({ message }) => String(message).startsWith('GET /api/slow'))).toMatchObject({
      level: 'info',
      message: 'GET /api/slow 200 1201.8 ms',
    });
    const covered = [...result.items.map(({ sources }) => sources), ...result.skipped].flatMap(
      ({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i),
    );
    expect(new Set(covered).size).toBe(received.summary.items);
    expect(result.skipped.every(({ code }) => code === 'not_applicable')).toBe(true);
  });

  it('are skipped when they are no request, and when they have not ended', () => {
    const result = ofSpans(
      group([span({ kind: 3 }), span({ kind: 1 }), span({ endTimeUnixNano: 0n }), span()]),
    );

    expect(result.skipped).toEqual([{ from: 0, to: 3, code: 'not_applicable' }]);
    expect(messages(result)).toMatchObject([{ message: 'GET / 12.0 ms' }]);
  });

  it.each([
    [
      {
        'http.request.method': 'GET',
        'url.scheme': 'https',
        'url.path': '/x',
        'url.query': 'page=2&access_token=1&q=a=b&key=2&flag',
        'client.address': '10.0.0.7',
        'http.response.status_code': 204,
      },
    ],
    [
      {
        'http.method': 'GET',
        'http.scheme': 'https',
        'http.target': '/x?page=2&access_token=1&q=a=b&key=2&flag',
        'net.peer.ip': '10.0.0.7',
        'http.status_code': 204,
      },
    ],
    [
      {
        'http.method': 'GET',
        'http.url': 'https://api.example.com/x?page=2&access_token=1&q=a=b&key=2&flag#part',
        'http.client_ip': '10.0.0.7',
        'http.status_code': 204,
      },
    ],
  ])('carry what an access log does, without the secrets of the query (%#)', (values) => {
    const asked = span({ attributes: attributes({ ...values, 'user.id': 'u1' }) });

    expect(messages(ofSpans(group([asked])))).toMatchObject([
      {
        timestamp: new Date(NOW_MS).toISOString(),
        message: 'GET /x 204 12.0 ms',
        http: {
          method: 'GET',
          scheme: 'https',
          path: '/x',
          query: 'page=2&access_token=***&q=a=b&key=***&flag',
          status: 204,
        },
        duration_ms: 12,
        peer: '10.0.0.7',
        user_id: 'u1',
      },
    ]);
  });

  it('share an id between an access line and nothing else', () => {
    const failing = span({ events: [exception('A', 'a'), exception('B', 'b')] });
    const ids = messages(ofSpans(group([failing]))).map((line) => line['event_id']);

    expect(ids).toEqual([
      '5759e988bd862e3fe1be46a994272793:53995c3f42cd8ad8:access',
      '5759e988bd862e3fe1be46a994272793:53995c3f42cd8ad8:error:0',
      '5759e988bd862e3fe1be46a994272793:53995c3f42cd8ad8:error:1',
    ]);
  });

  it('are one source item whether or not all their events are in time', () => {
    const late = { ...exception('A', 'a'), timeUnixNano: 1n };
    const result = ofSpans(group([span({ events: [late] })]));

    expect([result.items, result.rejected.map(({ from, reason }) => [from, reason.code])]).toEqual([
      [],
      [[0, 'too_old']],
    ]);
  });
});

describe('X-Ray documents', () => {
  it('give an access line for a segment with a request, one error for its exception, and nothing for a lone subsegment', () => {
    const received = segments(
      documentIn('python-xray/07-segment-exception.udp.txt'),
      documentIn('python-xray/11-streamed-subsegment-first.udp.txt'),
      'no json',
      documentIn('python-xray/09-segment-404.udp.txt'),
    );

    const result = encoded(received);

    expect(result.items.map(({ sources }) => sources.from)).toEqual([0, 0, 3]);
    expect(messages(result)).toMatchObject([
      {
        level: 'error',
        message: 'GET /api/boom 500 12.6 ms',
        service: 'backend-flask',
        traceId: '6b00f642b0d605adf45dbe4405f353e2',
        xrayTraceId: '1-6b00f642-b0d605adf45dbe4405f353e2',
        spanId: '0a7dbaecd295fd29',
      },
      {
        level: 'error',
        message: 'ValueError: boom: something went wrong for nobody',
        error: { stack: expect.stringContaining('app.py') },
      },
      { level: 'warn', http: { status: 404 } },
    ]);
    expect(result.skipped).toEqual([{ from: 1, to: 3, code: 'not_applicable' }]);
  });
});

describe('metrics', () => {
  it('are skipped', () => {
    expect(encoded(record('metrics', new Uint8Array(), 4)).skipped).toEqual([
      { from: 0, to: 4, code: 'signal_unsupported' },
    ]);
  });
});

describe(partitions, () => {
  const log = { logger: 'app.db', attributes: attributes({ 'thread.name': 'MainThread' }) };
  const of = (template: string, values: Record<string, string | number>) =>
    partitions('g', template)({ resource: { attributes: attributes(values) }, timeUnixMs: NOW_MS, log });

  it.each([
    ['{service.name}', { 'service.name': 'api' }, 'api'],
    ['{service.name}/{host.name}', { 'service.name': 'a:b*c' }, 'a_b_c/unknown'],
    ['{service.name}', {}, 'unknown_service'],
    ['fixed', {}, 'fixed'],
    ['{service.name}', { 'service.name': 'x'.repeat(600) }, 'x'.repeat(512)],
    ['{date}/{service.name}', { 'service.name': 'api' }, '2026-11-21/api'],
    ['{strftime:%y-%m-%d %Hh%M %q}', {}, '26-11-21 01h47 %q'],
    [
      '{machine_name}/{program_name}/{logger_name}/{process_id}/{thread_name}',
      { 'host.name': 'h', 'process.executable.name': 'flask', 'process.pid': 12 },
      'h/flask/app.db/12/MainThread',
    ],
    ['{machine_name}/{program_name}', { 'service.name': 'api' }, 'unknown/api'],
    ['{}{', {}, '{}{'],
    ['{constructor}', {}, 'unknown'],
  ])('fills %s from %j', (template, values, stream) => {
    expect(of(template, values as Record<string, string | number>)).toBe(`g\u0000${stream}`);
  });

  it('has a group of its own for what is made of spans, where one is named', () => {
    const twoGroups = partitions('logs', '{logger_name}', 'requests');
    const own = { clock, decoder, partitionOf: twoGroups };
    const partitionsOf = (received: JournalRecord) =>
      new Set(encode(received, own).items.map(({ partition }) => partition));

    expect(partitionsOf(traces('python-otel/02-traces-batch-2-errors.bin'))).toEqual(
      new Set(['requests\u0000requests']),
    );
    expect(partitionsOf(logs('python-otel-auto/01-logs.bin'))).toContain('logs\u0000app');
  });
});

describe(encodeEvent, () => {
  const fields = { timestamp: '', level: 'error', message: 'm', service: 's', event_id: '1' };
  const read = (event: ReturnType<typeof encodeEvent>) => JSON.parse(event?.message ?? '{}') as Message;

  it('cuts the longest strings in the middle until the event fits, and stays JSON', () => {
    const stack = `first ${'é'.repeat(1_500_000)} last`;

    const event = encodeEvent({ ...fields, error: { stack } });

    expect(event?.bytes).toBeLessThanOrEqual(1_048_576);
    expect(read(event)).toMatchObject({
      ...fields,
      truncated: true,
      error: { stack: expect.stringMatching(/^first .* characters cut .* last$/) },
    });
  });

  it('never cuts a character in two', () => {
    const event = encodeEvent({ ...fields, message: `a${'😀'.repeat(3_000)}` }, 6_000);

    expect(Buffer.from(String(read(event)['message'])).toString()).not.toContain('\ufffd');
  });

  it('gives up attributes when cutting strings does not help', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`key${i}`, i]));

    const event = encodeEvent({ ...fields, attributes: many }, 500);

    expect(read(event)).toEqual({ ...fields, truncated: true });
  });

  it('has no event for what cannot be cut to size', () => {
    expect(encodeEvent(fields, 10)).toBeUndefined();
  });
});
