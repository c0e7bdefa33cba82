// Part of the tests of receivers/otlp: what is turned away, and that every client gets to see why.
import http from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { RefusedError } from '../../../src/intake/intake.ts';
import { Secret } from '../../../src/model/secret.ts';
import { statusMessage } from '../../../src/protocols/otlp/status.ts';
import { capture, typeOf } from '../../protocols/otlp/oracle.ts';
import { type Answer, call, JSON_TYPE, PROTOBUF, startReceiver, stopReceivers } from './support.ts';

afterEach(stopReceivers);

const traces = capture('python-otel/04-traces-small.bin');
const messageOf = (answer: Answer) => statusMessage(answer.body, answer.headers['content-type'] ?? '');
const zeros = (bytes: number) => Buffer.alloc(bytes);

describe('an error', () => {
  it('is a Status in the type of the request', async () => {
    const { port, intake } = await startReceiver();
    const binary = await call(port, { body: Buffer.from('{"resourceSpans":[]}') });
    expect(binary.status).toBe(400);
    expect(binary.headers['content-type']).toBe('application/x-protobuf');
    const status = typeOf('google.rpc.Status');
    expect(status.toObject(status.decode(binary.body))).toMatchObject({
      code: 3,
      message: expect.stringContaining('JSON'),
    });
    const text = await call(port, { headers: JSON_TYPE, body: '{"resourceSpans":3}' });
    expect(text.status).toBe(400);
    expect(text.headers['content-type']).toBe('application/json');
    expect(JSON.parse(text.body.toString())).toEqual({
      code: 3,
      message: 'resourceSpans: expected an array',
    });
    expect(intake.refused).toEqual([
      ['malformed', 1],
      ['malformed', 1],
    ]);
  });

  it.each([
    ['GET', '/v1/traces'],
    ['PUT', '/v1/logs'],
    ['DELETE', '/v1/metrics'],
    ['GET', '/'],
    ['PATCH', '/v1/traces/'],
  ])('says 405 and what is allowed to %s %s', async (method, path) => {
    const { port } = await startReceiver();
    const body = method === 'GET' ? {} : { body: traces };
    const answer = await call(port, { method, path, ...body });
    expect(answer.status).toBe(405);
    expect(answer.headers.allow).toBe('POST');
    expect(messageOf(answer)).toContain('POST');
  });

  it('says 405 to HEAD, without a body', async () => {
    const { port } = await startReceiver();
    expect(await call(port, { method: 'HEAD' })).toMatchObject({ status: 405, body: Buffer.alloc(0) });
  });

  it('says 404 and the right paths', async () => {
    const { port } = await startReceiver();
    const answer = await call(port, { path: '/prefix/v1/traces', body: traces });
    expect(answer.status).toBe(404);
    expect(messageOf(answer)).toMatch(/no \/prefix\/v1\/traces.*\/v1\/traces/);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'nonsense', ''])(
    'says 415 to type %j',
    async (type) => {
      const { port, intake } = await startReceiver();
      const headers = type === '' ? {} : { 'content-type': type };
      const answer = await call(port, { headers, body: traces });
      expect(answer.status).toBe(415);
      expect(answer.headers['content-type']).toBe('application/json');
      expect(messageOf(answer)).toContain('application/x-protobuf');
      expect(intake.refused).toEqual([['bad_content_type', 1]]);
    },
  );

  it.each(['br', 'gzip, gzip', 'constructor'])(
    'says 415 to encoding %s, and what it takes',
    async (encoding) => {
      const { port, intake } = await startReceiver();
      const answer = await call(port, {
        headers: { ...PROTOBUF, 'content-encoding': encoding },
        body: traces,
      });
      expect(answer.status).toBe(415);
      expect(messageOf(answer)).toContain('gzip, deflate, zstd');
      expect(intake.refused).toEqual([['bad_encoding', 1]]);
    },
  );

  it.each([
    ['gzip', traces],
    ['gzip', gzipSync(traces).subarray(0, 200)],
    ['deflate', Buffer.from('not deflate')],
    ['deflate', deflateSync(traces).subarray(0, 100)],
    ['zstd', traces],
    ['gzip', zeros(100_000)],
  ])('says 400 to a body that is not %s', async (encoding, body) => {
    const { port, intake } = await startReceiver();
    const answer = await call(port, { headers: { ...PROTOBUF, 'content-encoding': encoding }, body });
    expect(answer.status).toBe(400);
    expect(messageOf(answer)).toContain(encoding);
    expect(intake).toMatchObject({ accepted: [], refused: [['bad_encoding', 1]] });
  });

  it('says 500 for a bug of ours, logs it, and lives on', async () => {
    const { port, intake, logs } = await startReceiver();
    intake.onAccept = async () => {
      throw new TypeError('oops');
    };
    expect((await call(port, { body: traces })).status).toBe(500);
    expect(intake.refused).toEqual([['internal', 1]]);
    expect(logs[0]).toMatchObject({ level: 'error', event: 'internal_error' });
    intake.onAccept = async () => {};
    expect((await call(port, { body: traces })).status).toBe(200);
  });

  it('is logged once for many requests', async () => {
    const { port, logs } = await startReceiver();
    for (let i = 0; i < 5; i++) await call(port, { body: Buffer.from('x') });
    expect(logs).toMatchObject([{ event: 'otlp_refused', code: 'malformed', status: 400 }]);
  });
});

describe('a body that is too large', () => {
  it('is answered with 413, by its length or while it comes', async () => {
    const { port, intake } = await startReceiver({ maxRequestBytes: 1000 });
    const sized = await call(port, { body: zeros(1001) });
    const chunked = await call(port, { chunks: Array.from({ length: 50 }, () => zeros(70_000)) });
    for (const answer of [sized, chunked]) {
      expect(answer.status).toBe(413);
      expect(messageOf(answer)).toContain('SIDECAST_MAX_REQUEST_BYTES');
    }
    expect(intake.refused).toEqual([
      ['body_too_large', 1],
      ['body_too_large', 1],
    ]);
    expect(intake.admission.bytesInFlight).toBe(0);
  });

  it.each([
    ['gzip', gzipSync(zeros(200 * 1024 * 1024))],
    ['gzip', gzipSync(zeros(1_048_577))],
    ['deflate', deflateSync(zeros(20 * 1024 * 1024))],
  ])('is not inflated beyond the bound: %s', async (encoding, bomb) => {
    const { port, intake } = await startReceiver();
    const before = process.memoryUsage().arrayBuffers;
    const answer = await call(port, { headers: { ...PROTOBUF, 'content-encoding': encoding }, body: bomb });
    expect(answer.status).toBe(413);
    expect(intake.refused).toEqual([['body_too_large', 1]]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(30 * 1024 * 1024);
  });

  it('leaves the connection usable', async () => {
    const { port } = await startReceiver({ maxRequestBytes: 100_000 });
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    expect((await call(port, { body: zeros(5_000_000), agent })).status).toBe(413);
    expect((await call(port, { body: traces, agent })).status).toBe(200);
    expect(Object.values(agent.freeSockets).flat()).toHaveLength(1);
    agent.destroy();
  });
});

describe('when there is no room', () => {
  it('answers 503 with Retry-After from 1 to 3 and never resets the connection', async () => {
    const { port, intake } = await startReceiver({
      maxBytesInFlight: 1_000_000,
      maxRequestBytes: 20_000_000,
    });
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => call(port, { body: zeros(3_000_000) })),
    );
    expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 503));
    const waits = new Set(answers.map((answer) => answer.headers['retry-after']));
    expect([...waits].toSorted()).toEqual(['1', '2', '3']);
    expect(intake.refused).toHaveLength(12);
    expect(intake.refused[0]).toEqual(['overloaded', 1]);
  });

  it('answers 503 to a body of unknown length that grows too large, after reading past it', async () => {
    const { port, intake } = await startReceiver({ maxBytesInFlight: 100_000, maxRequestBytes: 20_000_000 });
    const answer = await call(port, { chunks: Array.from({ length: 40 }, () => zeros(100_000)) });
    expect(answer.status).toBe(503);
    expect(messageOf(answer)).toContain('SIDECAST_MAX_IN_FLIGHT_BYTES');
    expect(intake.admission.bytesInFlight).toBe(0);
  });

  it('answers 503 when what is inflated finds no room', async () => {
    const { port, intake } = await startReceiver({ maxBytesInFlight: 300_000 });
    const headers = { ...PROTOBUF, 'content-encoding': 'gzip' };
    expect((await call(port, { headers, body: gzipSync(zeros(1_000_000)) })).status).toBe(503);
    expect(intake.refused).toEqual([['overloaded', 1]]);
  });

  it('answers 503 when the journal has none, before or after the body is read', async () => {
    const { port, intake } = await startReceiver();
    intake.room = false;
    expect(await call(port, { body: traces })).toMatchObject({ status: 503 });
    intake.room = true;
    intake.onAccept = async () => {
      throw new RefusedError('journal_unavailable', 'the disk is full');
    };
    const answer = await call(port, { body: traces });
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toMatch(/^[123]$/);
    expect(messageOf(answer)).toBe('the disk is full');
    expect(intake.refused[0]).toEqual(['journal_unavailable', 1]);
    expect(intake.refused[1]![1]).toBeGreaterThan(1);
  });
});

describe('an ingest token', () => {
  const start = () => startReceiver({ ingestToken: new Secret('s3cret') });

  it('must be presented', async () => {
    const { port, intake, logs } = await start();
    for (const authorization of [undefined, 'Bearer wrong', 's3cret', 'Basic s3cret']) {
      const headers = authorization ? { ...PROTOBUF, authorization } : PROTOBUF;
      const answer = await call(port, { headers, body: traces });
      expect(answer.status).toBe(401);
      expect(messageOf(answer)).toContain('SIDECAST_INGEST_TOKEN');
    }
    expect(intake.accepted).toEqual([]);
    expect(JSON.stringify(logs)).not.toContain('s3cret');
  });

  it('lets requests in', async () => {
    const { port, intake } = await start();
    const headers = { ...PROTOBUF, authorization: 'bearer s3cret' };
    expect((await call(port, { headers, body: traces })).status).toBe(200);
    expect(intake.accepted).toHaveLength(1);
  });
});
