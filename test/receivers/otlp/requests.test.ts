// Part of the tests of receivers/otlp: what is taken, and how it is answered.
import http from 'node:http';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeTraces } from '../../../src/protocols/otlp/decode.ts';
import { jsonToProtobuf } from '../../../src/protocols/otlp/json.ts';
import { scan } from '../../../src/protocols/otlp/scan.ts';
import { capture, captureText, encode, itemsOf } from '../../protocols/otlp/oracle.ts';
import { call, JSON_TYPE, PROTOBUF, startReceiver, stopReceivers } from './support.ts';

afterEach(stopReceivers);

const traces = capture('python-otel/04-traces-small.bin');
const logs = capture('python-otel-auto/01-logs.bin');
const metrics = capture('python-otel-auto/03-metrics.bin');
const traceJson = captureText('node-otel/01-traces-json.json');

describe('a request that is all right', () => {
  it('is handed to intake as it came, and answered with zero bytes in its own type', async () => {
    const { port, intake } = await startReceiver();
    const answer = await call(port, { body: traces });
    expect(answer).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(answer.headers['content-type']).toBe('application/x-protobuf');
    expect(intake.accepted).toHaveLength(1);
    expect(Buffer.from(intake.accepted[0]!.payload).equals(traces)).toBe(true);
    expect(intake.accepted[0]).toMatchObject({
      signal: 'traces',
      summary: scan('traces', traces).summary,
      origin: { peer: '127.0.0.1' },
    });
    expect(intake.admission.bytesInFlight).toBe(0);
  });

  it('may be of any signal, several at once on one connection', async () => {
    const { port, intake } = await startReceiver();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const answers = await Promise.all([
      call(port, { body: traces, agent }),
      call(port, { path: '/v1/logs', body: logs, agent }),
      call(port, { path: '/v1/metrics', body: metrics, agent }),
    ]);
    agent.destroy();
    expect(answers.map((answer) => answer.status)).toEqual([200, 200, 200]);
    expect(intake.accepted.map((accepted) => accepted.signal)).toEqual(['traces', 'logs', 'metrics']);
  });

  it('may be JSON, which becomes protobuf on the way in and is answered in JSON', async () => {
    const { port, intake } = await startReceiver();
    const answer = await call(port, {
      headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      body: traceJson,
    });
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('{}') });
    expect(answer.headers['content-type']).toBe('application/json');
    expect(intake.accepted[0]!.payload).toEqual(jsonToProtobuf('traces', traceJson));
  });

  it('may be large JSON', async () => {
    const { port, intake } = await startReceiver();
    const span = {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      name: 'x'.repeat(90),
    };
    const request = {
      resourceSpans: [{ scopeSpans: [{ spans: Array.from({ length: 3000 }, () => span) }] }],
    };
    const answer = await call(port, { headers: JSON_TYPE, body: JSON.stringify(request) });
    expect(answer.status).toBe(200);
    expect(intake.accepted.map(({ summary }) => summary.items)).toEqual(Array(6).fill(500));
  });

  it.each(['application/x-protobuf; charset=utf-8', 'APPLICATION/X-PROTOBUF', 'application/protobuf'])(
    'may say %s',
    async (type) => {
      const { port, intake } = await startReceiver();
      const answer = await call(port, { headers: { 'content-type': type }, body: traces });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/x-protobuf');
      expect(intake.accepted).toHaveLength(1);
    },
  );

  it('may be chunked', async () => {
    const { port, intake } = await startReceiver();
    const chunks = [traces.subarray(0, 7), traces.subarray(7, 900), traces.subarray(900)];
    expect((await call(port, { chunks })).status).toBe(200);
    expect(Buffer.from(intake.accepted[0]!.payload).equals(traces)).toBe(true);
  });

  it('may be empty in every way', async () => {
    const { port, intake } = await startReceiver();
    expect(await call(port, { body: '' })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    expect(await call(port, { chunks: [] })).toMatchObject({ status: 200 });
    for (const path of ['/v1/logs', '/']) {
      expect(await call(port, { path, headers: JSON_TYPE, body: '{}' })).toMatchObject({
        status: 200,
        body: Buffer.from('{}'),
      });
    }
    const unfilled = encode('traces', { resourceSpans: [{ resource: {} }] });
    expect(await call(port, { body: unfilled })).toMatchObject({ status: 200 });
    expect(intake).toMatchObject({ accepted: [], refused: [] });
  });

  it('may have slashes too many, and a query', async () => {
    const { port, intake } = await startReceiver();
    for (const path of ['//v1/traces', '/v1/traces/', '/v1/traces?x=1']) {
      expect((await call(port, { path, body: traces })).status).toBe(200);
    }
    expect(intake.accepted).toHaveLength(3);
  });

  it('carries the dataset that it names, and nothing of an app key', async () => {
    const { port, intake } = await startReceiver();
    const key = { 'x-honeycomb-team': '', 'x-honeycomb-dataset': '' };
    await call(port, { headers: { ...PROTOBUF, ...key }, body: traces });
    await call(port, { headers: { ...PROTOBUF, ...key, 'x-honeycomb-dataset': 'd' }, body: traces });
    expect(intake.accepted.map((accepted) => accepted.origin)).toEqual([
      { peer: '127.0.0.1' },
      { peer: '127.0.0.1', dataset: 'd' },
    ]);
  });
});

describe('a compressed body', () => {
  it.each([
    ['gzip', gzipSync(traces)],
    ['GZIP', gzipSync(traces)],
    ['x-gzip', gzipSync(traces)],
    ['deflate', deflateSync(traces)],
    ['deflate', deflateRawSync(traces)],
    ['identity', traces],
    ['', traces],
  ])('may be %s', async (encoding, body) => {
    const { port, intake } = await startReceiver();
    const answer = await call(port, { headers: { ...PROTOBUF, 'content-encoding': encoding }, body });
    expect(answer.status).toBe(200);
    expect(Buffer.from(intake.accepted[0]!.payload).equals(traces)).toBe(true);
    expect(intake.admission.bytesInFlight).toBe(0);
  });

  it('may be too large to be inflated at once', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes: 4 * 1024 * 1024 });
    const body = Buffer.concat(Array.from({ length: 400 }, () => traces));
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    expect((await call(port, { headers, body: gzipSync(body) })).status).toBe(200);
    const items = intake.accepted.flatMap(({ payload }) => itemsOf('traces', payload));
    expect(items).toEqual(itemsOf('traces', body));
  });

  it('may be JSON', async () => {
    const { port, intake } = await startReceiver();
    const headers = { ...JSON_TYPE, 'content-encoding': 'gzip' };
    expect((await call(port, { headers, body: gzipSync(traceJson) })).status).toBe(200);
    expect(intake.accepted).toHaveLength(1);
  });
});

describe('a request whose path does not say the signal', () => {
  it('is taken by what it is', async () => {
    const { port, intake } = await startReceiver();
    for (const body of [traces, logs, metrics])
      expect((await call(port, { path: '/', body })).status).toBe(200);
    expect((await call(port, { path: '/', headers: JSON_TYPE, body: traceJson })).status).toBe(200);
    expect(intake.accepted.map((accepted) => accepted.signal)).toEqual([
      'traces',
      'logs',
      'metrics',
      'traces',
    ]);
  });

  it('is answered with the variable to set when the body does not tell', async () => {
    const { port, intake } = await startReceiver();
    const answer = await call(port, { path: '/', headers: JSON_TYPE, body: '{"x":[]}' });
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body.toString()).message).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
    expect(intake.refused).toEqual([['malformed', 1]]);
  });
});

describe('a request with some bad items', () => {
  const good = { traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1), name: 'good', kind: 2 };
  const bad = { traceId: Buffer.alloc(8, 1), spanId: Buffer.alloc(8, 1), name: 'bad', kind: 2 };
  const request = (...spans: object[]) => encode('traces', { resourceSpans: [{ scopeSpans: [{ spans }] }] });

  it('keeps the good ones and says how many it did not', async () => {
    const { port, intake, logs: lines } = await startReceiver();
    const answer = await call(port, { body: request(good, bad, good) });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('1 of 3 spans');
    const [accepted] = intake.accepted;
    expect(decodeTraces(accepted!.payload)[0]!.spans.map((span) => span.name)).toEqual(['good', 'good']);
    expect(accepted!.summary).toMatchObject({ items: 2, serverSpans: 2 });
    expect(intake.refused).toEqual([['bad_id', 1]]);
    expect(lines).toMatchObject([{ level: 'warn', event: 'otlp_refused', code: 'bad_id', items: 1 }]);
  });

  it('does the same in JSON', async () => {
    const { port, intake } = await startReceiver();
    const ids = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' };
    const body = JSON.stringify({
      resourceSpans: [{ scopeSpans: [{ spans: [{ ...ids, traceId: '0a' }, ids] }] }],
    });
    const answer = await call(port, { headers: JSON_TYPE, body });
    expect(JSON.parse(answer.body.toString()).partialSuccess).toMatchObject({ rejectedSpans: '1' });
    expect(itemsOf('traces', intake.accepted[0]!.payload)).toHaveLength(1);
  });

  it('journals nothing when all are bad', async () => {
    const { port, intake } = await startReceiver();
    const answer = await call(port, { body: request(bad, bad) });
    expect(answer.status).toBe(200);
    expect(answer.body.toString()).toContain('2 of 2 spans');
    expect(intake).toMatchObject({ accepted: [], refused: [['bad_id', 2]] });
  });
});
