// Part of the tests: clients that want the process to stop serving others. Normal traffic goes on beside them.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';

const BATCH = readFileSync(
  join(import.meta.dirname, '..', 'fixtures', 'captures', 'python-otel', '04-traces-small.bin'),
);
/** 1,024 at each of the ports for telemetry, 256 at the one for people. */
const MAX_HELD = 2 * 1024 + 256;
/** SDKs give a request up after 10 s. */
const PATIENCE_MS = 5000;

let sidecast: Sidecast;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  sidecast = await startSidecast({
    HONEYCOMB_API_KEY: 'x'.repeat(22),
    HONEYCOMB_API_ENDPOINT: 'http://127.0.0.1:9',
  });
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await sidecast.stop();
});

/** Connections that send the beginning of a request and nothing more. */
async function open(count: number, port: number, beginning: string): Promise<void> {
  for (let begun = 0; begun < count; begun += 100) {
    const some = Array.from({ length: Math.min(100, count - begun) }, () => connect(port, '127.0.0.1'));
    sockets.push(...some);
    await Promise.all(
      some.map(async (socket) => {
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        if (beginning !== '') socket.write(beginning);
      }),
    );
  }
}

/** Each on a connection of its own, as a client that starts now. */
async function postsTakeMs(posts = 20): Promise<number> {
  const times: number[] = [];
  for (let sent = 0; sent < posts; sent++) {
    const startedMs = performance.now();
    const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
      method: 'POST',
      body: BATCH,
      headers: { 'content-type': 'application/x-protobuf', connection: 'close' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    expect(answer.status).toBe(200);
    times.push(performance.now() - startedMs);
  }
  return Math.max(...times);
}

const residentMiB = () =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${sidecast.pid}/status`, 'utf8'))?.[1]) / 1024;

const HEAD = 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n';

describe('normal traffic goes on', () => {
  it('beside 2,000 requests whose head never ends', async () => {
    await open(2000, sidecast.otlpPort, HEAD);

    expect(await postsTakeMs()).toBeLessThan(PATIENCE_MS);
  });

  it('beside 10,000 connections that say nothing, on all ports: a bounded number is held, and little memory', async () => {
    const before = residentMiB();
    const adminPort = Number(new URL(sidecast.adminUrl).port);
    await open(4000, sidecast.otlpPort, '');
    await open(3000, sidecast.xrayPort, '');
    await open(3000, adminPort, '');

    const slowestMs = await postsTakeMs();

    expect(slowestMs).toBeLessThan(PATIENCE_MS);
    expect(residentMiB() - before).toBeLessThan(100);
    await eventually(
      () => sockets.filter(({ destroyed }) => !destroyed).length,
      (left) => left <= MAX_HELD,
    );
    const rules = await fetch(`http://127.0.0.1:${sidecast.xrayPort}/GetSamplingRules`, {
      method: 'POST',
      body: '{}',
    });
    expect(rules.status).toBe(200);
    expect((await sidecast.status()).receivers.otlp.accepted.spans).toBeGreaterThan(0);
  });

  it('beside a body of 10 MB that inflates to 10 GB: 413, and no memory for it', async () => {
    const member = gzipSync(Buffer.alloc(10 * 1024 * 1024));
    const bomb = Buffer.concat(Array.from({ length: 1024 }, () => member));
    expect(bomb.length).toBeGreaterThan(10_000_000);
    const before = residentMiB();
    const answer = await fetch(`${sidecast.otlpUrl}/v1/traces`, {
      method: 'POST',
      body: bomb,
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    });

    expect(answer.status).toBe(413);
    expect(await postsTakeMs(5)).toBeLessThan(PATIENCE_MS);
    expect(residentMiB() - before).toBeLessThan(100);
  });

  it('beside a body of 20 KB that is ten million empty log records: memory does not grow with their number', async () => {
    const records = Buffer.alloc(20_000_000);
    for (let at = 0; at < records.length; at += 2) records[at] = 0x12;
    const field = (contents: Buffer) => {
      const head = Buffer.from([0x0a, 0, 0, 0, 0]);
      for (let place = 0; place < 4; place++)
        head[1 + place] = ((contents.length >>> (7 * place)) & 127) | (place < 3 ? 128 : 0);
      return Buffer.concat([head, contents]);
    };
    const scope = field(records);
    scope[0] = 0x12;
    const before = residentMiB();
    const answer = await fetch(`${sidecast.otlpUrl}/v1/logs`, {
      method: 'POST',
      body: gzipSync(field(scope)),
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    });

    expect(answer.status).toBe(200);
    expect((await sidecast.status()).receivers.otlp.accepted.logs).toBe(10_000_000);
    expect(await postsTakeMs(5)).toBeLessThan(PATIENCE_MS);
    expect(residentMiB() - before).toBeLessThan(200);
  });

  it('beside headers of 64 KB: 431', async () => {
    const socket = connect(sidecast.otlpPort, '127.0.0.1');
    sockets.push(socket);
    let said = '';
    socket
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        said += chunk;
      });
    socket.write(`${HEAD}X-Long: ${'a'.repeat(64 * 1024)}\r\n\r\n`);
    await once(socket, 'close');

    expect(said).toMatch(/^HTTP\/1\.1 431 /);
    expect(await postsTakeMs(5)).toBeLessThan(PATIENCE_MS);
  });
});
