// Part of the tests: TLS through a proxy that makes tunnels, and whose certificate is believed.
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { certificateFor } from '../support/certificate.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';

const HOST = 'xray.us-east-1.amazonaws.com';
const server = createServer(certificateFor(HOST), (request, response) => {
  response.end(`${request.headers.host}${request.url}`);
});
let proxy: ConnectProxy;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy = await startConnectProxy((server.address() as AddressInfo).port);
});
afterAll(async () => {
  await proxy.close();
  server.closeAllConnections();
  server.close();
});

async function get(url: URL, verifyTls: boolean, no = ''): Promise<HttpAnswer> {
  const http = createHttpClient({
    connections: 1,
    clock: systemClock,
    proxies: { https: proxy.url, no },
    verifyTls,
  });
  try {
    return await http.request({ method: 'GET', url, headers: {}, timeoutMs: 5000 });
  } finally {
    await http.close();
  }
}

const textOf = ({ status, body }: HttpAnswer) => `${status} ${Buffer.from(body).toString()}`;

describe('a client without checks of certificates', () => {
  it('goes through the tunnel, and where NO_PROXY says so past it', async () => {
    const before = proxy.tunnels.length;
    const { port } = server.address() as AddressInfo;

    expect(textOf(await get(new URL(`https://${HOST}/TraceSegments`), false))).toBe(
      `200 ${HOST}/TraceSegments`,
    );
    expect(proxy.tunnels.slice(before)).toEqual([`${HOST}:443`]);
    // Loopback never goes through a proxy.
    expect(textOf(await get(new URL(`https://localhost:${port}/x`), false))).toBe(`200 localhost:${port}/x`);
    expect(proxy.tunnels).toHaveLength(before + 1);
  });
});

describe('a client with them', () => {
  it('believes no certificate that signs itself, inside a tunnel or outside', async () => {
    const { port } = server.address() as AddressInfo;

    for (const url of [`https://${HOST}/x`, `https://localhost:${port}/x`])
      await expect(get(new URL(url), true)).rejects.toMatchObject({ name: 'HttpError', kind: 'tls' });
  });
});
