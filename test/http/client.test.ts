// Part of the tests: the HTTP client against real sockets on loopback.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpClient, HttpRequest } from '../../src/http/client.ts';
import { HttpError } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { unanswered } from '../../src/http/unanswered.ts';
import { systemClock } from '../../src/model/clock.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function listen<S extends Server | TcpServer>(server: S): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  if ('closeAllConnections' in server) cleanups.push(() => server.closeAllConnections());
  return (server.address() as AddressInfo).port;
}

const vendor = (answer: RequestListener) => listen(createServer(answer));

function client(proxies = {}, connections = 2): HttpClient {
  const made = createHttpClient({ connections, clock: systemClock, proxies });
  cleanups.push(() => made.close());
  return made;
}

const get = (port: number, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  url: new URL(`http://127.0.0.1:${port}/x?y=1`),
  headers: {},
  timeoutMs: 5_000,
  ...more,
});

async function failureOf(promise: Promise<unknown>): Promise<HttpError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(HttpError);
  return error as HttpError;
}

describe(createHttpClient, () => {
  it('hands over method, path, headers and body, and joins repeated answer headers', async () => {
    const seen: unknown[] = [];
    const port = await vendor(async (request, response) => {
      const body = (await request.toArray()).join('');
      seen.push([
        request.method,
        request.url,
        request.headers['x-key'],
        request.headers['content-length'],
        body,
      ]);
      response.writeHead(202, [
        ['X-Many', 'a'],
        ['X-Many', 'b'],
      ] as never);
      response.end('thanks');
    });

    const answer = await client().request(
      get(port, { method: 'POST', headers: { 'x-key': 'k' }, body: new TextEncoder().encode('hé') }),
    );

    expect(seen).toEqual([['POST', '/x?y=1', 'k', '3', 'hé']]);
    expect([answer.status, answer.headers['x-many'], Buffer.from(answer.body).toString()]).toEqual([
      202,
      'a, b',
      'thanks',
    ]);
  });

  it('reuses connections for requests that follow each other', async () => {
    const sockets = new Set<unknown>();
    const port = await vendor((request, response) => {
      sockets.add(request.socket);
      response.end();
    });
    const http = client({}, 10);

    for (let i = 0; i < 8; i++) await http.request(get(port));

    // Two, since a request made in the same turn as an answer finds that socket still busy.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  it('opens no more connections than it may', async () => {
    let waiting: (() => void)[] = [];
    let open = 0;
    const server = createServer((_, response) => void waiting.push(() => response.end()));
    server.on('connection', () => open++);
    const port = await listen(server);
    const http = client({}, 2);

    const all = Array.from({ length: 6 }, () => http.request(get(port)));
    let answered = 0;
    while (answered < 6) {
      await new Promise((resolve) => setImmediate(resolve));
      answered += waiting.length;
      for (const answer of waiting) answer();
      waiting = [];
    }
    await Promise.all(all);

    expect(open).toBe(2);
  });

  it('answers a redirect as it is', async () => {
    const paths: unknown[] = [];
    const port = await vendor((request, response) => {
      paths.push(request.url);
      response.writeHead(307, { location: '/elsewhere' }).end();
    });

    const answer = await client().request(get(port));

    expect([answer.status, paths]).toEqual([307, ['/x?y=1']]);
  });

  it('cuts an answer at 4 MiB', async () => {
    const port = await vendor((_, response) => void response.end(Buffer.alloc(6 * 1024 * 1024, 97)));

    const answer = await client().request(get(port));

    expect([answer.status, answer.body.length]).toEqual([200, 4 * 1024 * 1024]);
  });

  it('gives up on a silent vendor at the deadline', async () => {
    const port = await vendor(() => undefined);

    const error = await failureOf(client().request(get(port, { timeoutMs: 50 })));

    expect([error.kind, unanswered(error).counts, unanswered(error).reason.code]).toEqual([
      'timeout',
      true,
      'timeout',
    ]);
  });

  it('gives up on an answer that trickles past the deadline', async () => {
    const port = await vendor((_, response) => void response.writeHead(200).write('first'));

    expect((await failureOf(client().request(get(port, { timeoutMs: 50 })))).kind).toBe('timeout');
  });

  it('tells a connection that breaks after the request from one that was never made', async () => {
    const port = await vendor((request) => void request.socket.destroy());
    const closed = createTcpServer();
    const closedPort = await listen(closed);
    closed.close();

    const reset = await failureOf(client().request(get(port)));
    const refused = await failureOf(client().request(get(closedPort)));

    expect([reset.kind, unanswered(reset).counts]).toEqual(['reset', true]);
    expect([refused.kind, unanswered(refused).counts]).toEqual(['refused', false]);
    expect(refused.message).toContain('ECONNREFUSED');
  });

  it('names DNS and TLS as such', async () => {
    const port = await vendor((_, response) => void response.end());
    const http = client();

    const dns = await failureOf(http.request({ ...get(port), url: new URL('http://nowhere.invalid/') }));
    const tls = await failureOf(http.request({ ...get(port), url: new URL(`https://127.0.0.1:${port}/`) }));

    expect([dns.kind, tls.kind]).toEqual(['dns', 'tls']);
  });

  it('stops when its signal aborts, before or during the request', async () => {
    const controller = new AbortController();
    const port = await vendor(() => controller.abort());
    const http = client();

    const during = await failureOf(http.request(get(port, { signal: controller.signal })));
    const before = await failureOf(http.request(get(port, { signal: controller.signal })));

    expect([during.kind, before.kind]).toEqual(['aborted', 'aborted']);
  });

  it('sends plain http through a proxy with the absolute URL, and loopback never', async () => {
    const seen: unknown[] = [];
    const proxyPort = await vendor((request, response) => {
      seen.push([request.url, request.headers.host]);
      response.end('by proxy');
    });
    const directPort = await vendor((_, response) => void response.end('direct'));
    const http = client({ http: `127.0.0.1:${proxyPort}` });

    const proxied = await http.request({ ...get(0), url: new URL('http://vendor.test/v1/x') });
    const direct = await http.request(get(directPort));

    expect(seen).toEqual([['http://vendor.test/v1/x', 'vendor.test']]);
    expect([proxied, direct].map(({ body }) => Buffer.from(body).toString())).toEqual(['by proxy', 'direct']);
  });

  it('asks the proxy for a tunnel to https, and blames the proxy when that is refused', async () => {
    const asked: unknown[] = [];
    const server = createServer();
    server.on('connect', (request, socket) => {
      asked.push([request.url, request.headers['proxy-authorization']]);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    });
    const port = await listen(server);
    const http = client({ https: `http://me:pw@127.0.0.1:${port}` });

    const error = await failureOf(http.request({ ...get(0), url: new URL('https://vendor.test/') }));

    expect(asked).toEqual([['vendor.test:443', `Basic ${Buffer.from('me:pw').toString('base64')}`]]);
    expect([error.kind, unanswered(error).counts]).toEqual(['proxy', false]);
    expect(error.message).not.toContain('pw');
  });
});
