// Part of cli: asks the sidecast that runs, on its admin port.
import { type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { AppConfig } from '../app/options.ts';

/** Nobody answers there. */
export class NoSidecastError extends Error {
  override readonly name = 'NoSidecastError';
}

/** A listener on all addresses also answers on loopback; one on loopback answers where it was bound. */
export function adminUrl({ hosts, adminPort, adminToken }: AppConfig['listeners']): URL {
  const host = hosts.find((name) => !['0.0.0.0', '::'].includes(name)) ?? '127.0.0.1';
  const url = new URL(`http://${host.includes(':') ? `[${host}]` : host}:${adminPort}/`);
  // Sent as basic authentication; what is printed is the origin, which has no password.
  if (adminToken) [url.username, url.password] = ['sidecast', adminToken.reveal()];
  return url;
}

export interface AdminRequest {
  method: 'GET' | 'POST';
  path: string;
  query: URLSearchParams;
  headers?: Readonly<Record<string, string>>;
  body?: Readable;
}

/** Resolves with the head of the answer; throws NoSidecastError when there is none. */
export function ask(
  base: URL,
  { method, path, query, headers, body }: AdminRequest,
): Promise<IncomingMessage> {
  const url = new URL(`${path}?${query}`, base);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers: { ...headers } }, resolve);
    outgoing.once('error', (error: NodeJS.ErrnoException) =>
      reject(new NoSidecastError(`no sidecast answers at ${base.origin} (${error.code ?? error.message})`)),
    );
    if (body) {
      body.once('error', (error) => outgoing.destroy(error));
      body.pipe(outgoing);
    } else outgoing.end();
  });
}

/** What an answer says when it is no success. */
export async function complaintOf(answer: IncomingMessage): Promise<string> {
  const body = await text(answer);
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body;
  } catch {
    return body;
  }
}
