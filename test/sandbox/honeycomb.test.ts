// Part of the tests: the Honeycomb stand-in is as strict as Honeycomb.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SANDBOX_HONEYCOMB_KEY } from '../../src/sandbox/index.ts';
import {
  field,
  postToHoneycomb,
  sandboxForTest,
  stringAttribute,
  TRACE_ID,
  traceRequest,
} from './helpers.ts';

const SPAN_ID = 'd599803fd07b3a92';
const ID = `${TRACE_ID}:${SPAN_ID}`;
const CLASSIC_KEY = '0123456789abcdef0123456789abcdef';
const good = traceRequest([{ spanId: SPAN_ID }]);

/** A zstd frame with one raw block: magic, one-segment header with a 4-byte size, block header. */
function zstdFrame(content: Buffer): Buffer {
  const header = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0]);
  header.writeUInt32LE(content.length, 5);
  const block = Buffer.alloc(3);
  block.writeUIntLE(content.length * 8 + 1, 0, 3);
  return Buffer.concat([header, block, content]);
}

describe('Honeycomb takes', () => {
  it.each(['application/x-protobuf', 'application/protobuf'])(
    'spans as %s and answers in that type',
    async (type) => {
      const sandbox = await sandboxForTest();
      const response = await postToHoneycomb(sandbox, good, { 'content-type': type });
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type);
      expect((await response.arrayBuffer()).byteLength).toBe(0);
      expect(sandbox.counts().honeycomb).toEqual({ requests: 1, items: 1, uniqueItems: 1, refused: 0 });
      expect(sandbox.audit('honeycomb', [ID, 'other'])).toEqual({ missing: ['other'], duplicated: [] });
    },
  );

  it('spans as JSON, with ids in hex', async () => {
    const sandbox = await sandboxForTest();
    const span = {
      traceId: TRACE_ID.toUpperCase(),
      spanId: SPAN_ID,
      name: 'GET /',
      startTimeUnixNano: '1795225151954270075',
    };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }], unknownKey: 1 });
    const response = await postToHoneycomb(sandbox, body, { 'content-type': 'application/json' });
    expect(await response.json()).toEqual({});
    expect(sandbox.audit('honeycomb', [ID]).missing).toEqual([]);
    expect(sandbox.items('honeycomb')).toMatchObject([{ startTimeUnixNano: '1795225151954270075' }]);
  });

  it('gzip and zstd', async () => {
    const sandbox = await sandboxForTest();
    expect((await postToHoneycomb(sandbox, gzipSync(good), { 'content-encoding': 'gzip' })).status).toBe(200);
    expect((await postToHoneycomb(sandbox, zstdFrame(good), { 'content-encoding': 'zstd' })).status).toBe(
      200,
    );
    expect(sandbox.counts().honeycomb).toMatchObject({ items: 2, uniqueItems: 1 });
    expect(sandbox.audit('honeycomb', [ID]).duplicated).toEqual([ID]);
  });

  it('what the SDKs really send, byte for byte', async () => {
    const sandbox = await sandboxForTest();
    const captures = new URL('../fixtures/captures/python-otel/', import.meta.url);
    const name = readdirSync(captures).find((file) => /^02.*\.bin$/.test(file)) ?? '';
    expect((await postToHoneycomb(sandbox, readFileSync(new URL(name, captures)))).status).toBe(200);
    const failing = sandbox
      .items('honeycomb')
      .filter((span) => JSON.stringify(span).includes('"http.status_code":500'));
    expect(failing).toMatchObject([
      {
        signal: 'traces',
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
        status: { code: 2 },
        events: [{ name: 'exception', attributes: { 'exception.type': 'ValueError' } }],
        resource: { 'service.name': 'backend-flask' },
        scope: { name: 'opentelemetry.instrumentation.flask' },
      },
      {},
      {},
    ]);
  });

  it('logs by their log.id and metrics point by point', async () => {
    const sandbox = await sandboxForTest();
    const logs = field(1, field(2, field(2, field(6, stringAttribute('log.id', 'l1')))));
    expect((await postToHoneycomb(sandbox, logs, {}, '/v1/logs')).status).toBe(200);
    expect(sandbox.audit('honeycomb', ['log:l1']).missing).toEqual([]);
    const point = (route: string) => field(1, field(7, stringAttribute('http.route', route)));
    const gauge = field(5, [point('/a'), point('/b')]);
    const metrics = field(1, field(2, field(2, [field(1, 'app.requests'), gauge])));
    expect(
      (await postToHoneycomb(sandbox, metrics, { 'x-honeycomb-dataset': 'metrics' }, '/v1/metrics')).status,
    ).toBe(200);
    expect(sandbox.counts().honeycomb).toMatchObject({ items: 3, uniqueItems: 3 });
    expect(sandbox.items('honeycomb', 1)).toMatchObject([{ metric: 'app.requests', dataset: 'metrics' }]);
  });

  it('metric points by their point.id, where they have one', async () => {
    const sandbox = await sandboxForTest();
    const gauge = field(5, field(1, field(7, stringAttribute('point.id', 'p1'))));
    const metrics = field(1, field(2, field(2, [field(1, 'app.requests'), gauge])));
    await postToHoneycomb(sandbox, metrics, { 'x-honeycomb-dataset': 'metrics' }, '/v1/metrics');
    expect(sandbox.audit('honeycomb', ['metric:p1']).missing).toEqual([]);
  });
});

describe('Honeycomb refuses', () => {
  it.each([
    ['no key', { 'x-honeycomb-team': '' }, 401],
    ['a key of no known shape', { 'x-honeycomb-team': 'test-key' }, 401],
    ['a management key', { 'x-honeycomb-team': `hcamk_${'0'.repeat(58)}` }, 401],
    ['a Classic key without a dataset', { 'x-honeycomb-team': CLASSIC_KEY }, 401],
    ['a charset in the content type', { 'content-type': 'application/x-protobuf; charset=utf-8' }, 415],
    ['another content type', { 'content-type': 'text/plain' }, 415],
    ['another encoding', { 'content-encoding': 'deflate' }, 400],
    ['a body that is not in its encoding', { 'content-encoding': 'gzip' }, 400],
    ['a body that is not zstd', { 'content-encoding': 'zstd' }, 400],
    ['protobuf called JSON', { 'content-type': 'application/json' }, 400],
  ])('%s', async (_what, headers, status) => {
    const sandbox = await sandboxForTest();
    expect((await postToHoneycomb(sandbox, good, headers)).status).toBe(status);
    expect(sandbox.counts().honeycomb).toEqual({ requests: 1, items: 0, uniqueItems: 0, refused: 1 });
  });

  it('a Classic key on metrics without a dataset, but not on logs', async () => {
    const sandbox = await sandboxForTest();
    const headers = { 'x-honeycomb-team': CLASSIC_KEY };
    expect((await postToHoneycomb(sandbox, '', headers, '/v1/metrics')).status).toBe(401);
    expect((await postToHoneycomb(sandbox, '', headers, '/v1/logs')).status).toBe(200);
    expect((await postToHoneycomb(sandbox, good, { ...headers, 'x-honeycomb-dataset': 'd' })).status).toBe(
      200,
    );
  });

  it('a key that it was not told of, once it was told of some', async () => {
    const honeycombKeys = ['abcdefghijklmnopqrstuv'];
    const sandbox = await sandboxForTest({ credentials: { honeycombKeys } });
    expect((await postToHoneycomb(sandbox, good)).status).toBe(401);
    expect(
      (await postToHoneycomb(sandbox, good, { 'x-honeycomb-team': 'abcdefghijklmnopqrstuv' })).status,
    ).toBe(200);
  });

  it('bytes that are not the message, with a google.rpc.Status in the type of the request', async () => {
    const sandbox = await sandboxForTest();
    const cut = await postToHoneycomb(sandbox, good.subarray(0, good.length - 1));
    expect(cut.status).toBe(400);
    expect(cut.headers.get('content-type')).toBe('application/x-protobuf');
    expect(Buffer.from(await cut.arrayBuffer()).subarray(0, 2)).toEqual(Buffer.from([0x08, 3]));
    const json = await postToHoneycomb(sandbox, '{"resourceSpans":', { 'content-type': 'application/json' });
    expect(json.status).toBe(400);
    expect(await json.json()).toMatchObject({ code: 3 });
  });

  it('a request beyond 15 MB, also when only inflating shows it', async () => {
    const sandbox = await sandboxForTest();
    const large = field(15, Buffer.alloc(15_000_000));
    expect((await postToHoneycomb(sandbox, large)).status).toBe(413);
    expect((await postToHoneycomb(sandbox, gzipSync(large), { 'content-encoding': 'gzip' })).status).toBe(
      413,
    );
    const justRight = field(15, Buffer.alloc(14_999_990));
    expect((await postToHoneycomb(sandbox, justRight)).status).toBe(200);
  });

  it('another method', async () => {
    const sandbox = await sandboxForTest();
    const response = await fetch(`${sandbox.url}/v1/traces`);
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });

  it.each([
    ['2,001 fields', Array.from({ length: 2000 }, (_, n) => stringAttribute(`field.${n}`, 'x'))],
    ['1 MB', Array.from({ length: 16 }, (_, n) => stringAttribute(`field.${n}`, 'x'.repeat(62_500)))],
  ])('an event of %s alone, by an anonymous partial success', async (_what, attributes) => {
    const sandbox = await sandboxForTest();
    const body = traceRequest([{ spanId: SPAN_ID, attributes }, { spanId: '4cbf5f1d3b219b5f' }]);
    const response = await postToHoneycomb(sandbox, body);
    expect(response.status).toBe(200);
    // ExportTraceServiceResponse: partial_success { rejected_spans: 1, ... }
    const answer = Buffer.from(await response.arrayBuffer());
    expect([answer[0], answer[2], answer[3]]).toEqual([0x0a, 0x08, 1]);
    expect(sandbox.audit('honeycomb', [ID, `${TRACE_ID}:4cbf5f1d3b219b5f`]).missing).toEqual([ID]);
    expect(sandbox.counts().honeycomb).toEqual({ requests: 1, items: 1, uniqueItems: 1, refused: 1 });
  });

  it('nothing of an event that is just within the limits', async () => {
    const sandbox = await sandboxForTest();
    const attributes = Array.from({ length: 1999 }, (_, n) => stringAttribute(`field.${n}`, 'x'));
    const response = await postToHoneycomb(sandbox, traceRequest([{ spanId: SPAN_ID, attributes }]));
    expect((await response.arrayBuffer()).byteLength).toBe(0);
    expect(sandbox.counts().honeycomb).toMatchObject({ items: 1, refused: 0 });
  });
});

describe('GET /1/auth', () => {
  const auth = (url: string, key: string) => fetch(`${url}/1/auth`, { headers: { 'x-honeycomb-team': key } });

  it('tells team, environment and what the key may do', async () => {
    const sandbox = await sandboxForTest();
    expect(await (await auth(sandbox.url, SANDBOX_HONEYCOMB_KEY)).json()).toMatchObject({
      api_key_access: { events: true, createDatasets: true, markers: false },
      environment: { slug: 'sandbox' },
      team: { slug: 'sandbox' },
    });
  });

  it('has no environment for a Classic key', async () => {
    const sandbox = await sandboxForTest();
    const answer = await (await auth(sandbox.url, CLASSIC_KEY)).json();
    expect(answer).toMatchObject({ environment: { name: '', slug: '' } });
  });

  it('answers 401 to a key that is none', async () => {
    const sandbox = await sandboxForTest();
    expect((await auth(sandbox.url, 'typo')).status).toBe(401);
  });
});
