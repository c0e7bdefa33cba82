// Part of the tests: a server on loopback that answers as AWS would, and remembers what it got.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Received } from './sigv4.ts';

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Vendor {
  url: URL;
  requests: Received[];
  /** The API and operation, for calls that name it in a header. */
  targets(): string[];
  close(): Promise<void>;
}

export async function startVendor(answer: (request: Received, index: number) => Answer): Promise<Vendor> {
  const requests: Received[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const received = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers as Record<string, string>,
      body,
    };
    requests.push(received);
    const { status, headers, body: answered } = answer(received, requests.length - 1);
    response
      .writeHead(status, headers)
      .end(typeof answered === 'string' ? answered : JSON.stringify(answered ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    requests,
    targets: () => requests.map(({ headers, path }) => headers['x-amz-target']?.split('.')[1] ?? path),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
