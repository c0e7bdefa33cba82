// Part of the tests of receivers/otlp: sockets, from the first byte to shutdown.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createOtlpReceiver } from '../../../src/receivers/otlp/index.ts';
import { capture, captureText } from '../../protocols/otlp/oracle.ts';
import { call, connect, type FakeIntake, fakeIntake, startReceiver, stopReceivers } from './support.ts';

afterEach(stopReceivers);

const traces = capture('python-otel/04-traces-small.bin');
const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n';
const quick = { keepAliveMs: 75_000, headersMs: 50, requestMs: 100, silenceMs: 60_000, checkMs: 20 };

/** Resolves when the receiver has taken a request as far as intake; `go` lets it on. */
function heldIntake(intake: FakeIntake) {
  let go = () => {};
  const held = new Promise<void>((resolve) => {
    go = resolve;
  });
  const reached = new Promise<void>((resolve) => {
    intake.onAccept = () => {
      resolve();
      return held;
    };
  });
  return { reached, go };
}

describe('connections', () => {
  it('carry requests that are sent without waiting for answers', async () => {
    const { port, intake } = await startReceiver();
    const socket = await connect(port);
    const request = Buffer.concat([Buffer.from(`${HEAD}Content-Length: ${traces.length}\r\n\r\n`), traces]);
    const last = Buffer.concat([
      Buffer.from(`${HEAD}Connection: close\r\nContent-Length: ${traces.length}\r\n\r\n`),
      traces,
    ]);
    socket.write(Buffer.concat([request, request, last]));
    const received = await socket.received();
    expect(received.match(/HTTP\/1.1 200 OK/g)).toHaveLength(3);
    expect(intake.accepted).toHaveLength(3);
  });

  it('stay open for longer than a minute between requests', async () => {
    const { port } = await startReceiver();
    const agent = new http.Agent({ keepAlive: true });
    const answer = await call(port, { body: traces, agent });
    agent.destroy();
    const seconds = Number(/timeout=(\d+)/.exec(String(answer.headers['keep-alive']))?.[1]);
    expect(seconds).toBeGreaterThanOrEqual(65);
  });

  it('may ask before they send the body', async () => {
    const { port } = await startReceiver();
    const socket = await connect(port);
    socket.write(
      `${HEAD}Connection: close\r\nExpect: 100-continue\r\nContent-Length: ${traces.length}\r\n\r\n`,
    );
    const [first] = await once(socket, 'data');
    expect(String(first)).toContain('100 Continue');
    socket.write(traces);
    expect(await socket.received()).toContain('200 OK');
  });

  it('end with 408 when headers or body do not come, and free what was set aside', async () => {
    const { port, intake } = await startReceiver({ timeouts: quick });
    const inHeaders = await connect(port);
    inHeaders.write('POST /v1/traces HTTP/1.1\r\nHost:');
    const inBody = await connect(port);
    inBody.write(`${HEAD}Content-Length: 1000\r\n\r\nhalf`);
    expect(await inHeaders.received()).toContain('408');
    expect(await inBody.received()).toContain('408');
    await expect.poll(() => intake.admission.bytesInFlight).toBe(0);
    expect(intake.accepted).toEqual([]);
    expect((await call(port, { body: traces })).status).toBe(200);
  });

  it('end when a body stops coming, and free what was set aside', async () => {
    const timeouts = {
      keepAliveMs: 75_000,
      headersMs: 60_000,
      requestMs: 60_000,
      silenceMs: 50,
      checkMs: 20,
    };
    const { port, intake } = await startReceiver({ timeouts });
    const socket = await connect(port);
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\nhalf`);
    await socket.received();
    await expect.poll(() => intake.admission.bytesInFlight).toBe(0);
    expect(intake.accepted).toEqual([]);
  });

  it('may go away in the middle of a body', async () => {
    const { port, intake } = await startReceiver();
    const socket = await connect(port);
    socket.write(`${HEAD}Content-Length: 1000\r\n\r\nhalf`);
    await expect.poll(() => intake.admission.bytesInFlight).toBe(1000);
    socket.destroy();
    await expect.poll(() => intake.admission.bytesInFlight).toBe(0);
    expect(intake.accepted).toEqual([]);
    expect((await call(port, { body: traces })).status).toBe(200);
  });

  it('that are refused room get their answer after they have sent the whole body', async () => {
    const { port } = await startReceiver({ maxBytesInFlight: 100_000 });
    const socket = await connect(port);
    let answered = false;
    socket.once('data', () => {
      answered = true;
    });
    socket.write(`${HEAD}Connection: close\r\nContent-Length: 200000\r\n\r\n`);
    socket.write(Buffer.alloc(100_000));
    // Two rounds of another client: the refusal would have been seen by now.
    for (let i = 0; i < 2; i++) expect((await call(port, { body: traces })).status).toBe(200);
    expect(answered).toBe(false);
    socket.write(Buffer.alloc(100_000));
    expect(await socket.received()).toContain('503 Service Unavailable');
  });

  it('that speak gRPC are told what to set, in the log once', async () => {
    const { port, logs } = await startReceiver();
    for (let i = 0; i < 3; i++) {
      const socket = await connect(port);
      socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0');
      expect(await socket.received()).toContain('OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf');
      socket.destroy();
    }
    expect(logs).toMatchObject([
      { level: 'warn', event: 'grpc_on_http_port', fix: expect.stringContaining('http/protobuf') },
    ]);
  });

  it('that speak no HTTP get 400', async () => {
    const { port, intake } = await startReceiver();
    const socket = await connect(port);
    socket.write('\x16\x03\x01 this is TLS\r\n\r\n');
    expect(await socket.received()).toMatch(/^HTTP\/1.1 400 /);
    expect(intake.refused).toEqual([['malformed', 1]]);
  });
});

describe('listening', () => {
  it('takes the same port on every address', async () => {
    const { receiver, port } = await startReceiver({ hosts: ['127.0.0.1', '127.0.0.2'] });
    expect(receiver.addresses()).toEqual([`127.0.0.1:${port}`, `127.0.0.2:${port}`]);
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      expect((await call(port, { host, body: traces })).status).toBe(200);
    }
  });

  it('skips a family that the machine lacks, with a line', async () => {
    // An IPv6 address of the documentation range (RFC 3849) is on no machine.
    const { receiver, logs } = await startReceiver({ hosts: ['2001:db8::1', '127.0.0.1'] });
    expect(receiver.addresses()).toHaveLength(1);
    expect(logs).toMatchObject([{ event: 'address_skipped', host: '2001:db8::1' }]);
  });

  it('fails when the port is taken', async () => {
    const other = net.createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as net.AddressInfo;
    await expect(startReceiver({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
    other.close();
  });
});

describe('shutdown', () => {
  const never = () => new AbortController().signal;

  it('lets a request in flight finish, then is deaf', async () => {
    const { port, intake, receiver } = await startReceiver();
    const { reached, go } = heldIntake(intake);
    const agent = new http.Agent({ keepAlive: true });
    const answer = call(port, { body: traces, agent });
    await reached;
    const stopped = receiver.shutdown(never());
    await expect(call(port, { body: traces })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    go();
    expect(await answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await stopped;
    expect(intake.accepted).toHaveLength(1);
  });

  it('closes idle connections', async () => {
    const { port, receiver } = await startReceiver();
    const agent = new http.Agent({ keepAlive: true });
    await call(port, { body: traces, agent });
    await receiver.shutdown(never());
    agent.destroy();
  });

  it('waits no longer than its deadline', async () => {
    const { port, intake, receiver } = await startReceiver();
    const { reached } = heldIntake(intake);
    const answer = call(port, { body: traces });
    await reached;
    const deadline = new AbortController();
    const stopped = receiver.shutdown(deadline.signal);
    deadline.abort();
    await stopped;
    await expect(answer).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('is safe twice, and without a start', async () => {
    const { receiver } = await startReceiver();
    await Promise.all([receiver.shutdown(never()), receiver.shutdown(never())]);
    const unstarted = createOtlpReceiver({
      hosts: ['127.0.0.1'],
      port: 0,
      maxRequestBytes: 1000,
      corsOrigins: [],
      intake: fakeIntake(),
      log: () => {},
      clock: { now: () => 0, schedule: () => () => {} },
    });
    await unstarted.shutdown(never());
    expect(unstarted.addresses()).toEqual([]);
  });
});

describe('headers', () => {
  it('of the captured SDKs are all taken', async () => {
    const { port, intake } = await startReceiver();
    for (const path of [
      'python-otel/03-traces-gzip',
      'python-otel/05-traces-deflate',
      'python-otel/07-traces-posted-to-root',
      'go-otel/02-traces-gzip',
      'java-otel/02-traces-gzip',
      'node-otel/04-traces-proto-gzip',
    ]) {
      const [line, ...headers] = captureText(`${path}.headers.txt`).trim().split(/\r?\n/);
      const socket = await connect(port);
      const body = readFileSync(new URL(`../../fixtures/captures/${path}.bin`, import.meta.url));
      const kept = headers.filter(
        (header) => !/^(connection|content-length|transfer-encoding):/i.test(header),
      );
      socket.write(
        `${[line, ...kept, 'Connection: close', `Content-Length: ${body.length}`].join('\r\n')}\r\n\r\n`,
      );
      socket.write(body);
      expect(await socket.received(), path).toContain('200 OK');
    }
    expect(intake.accepted).toHaveLength(6);
  });
});
