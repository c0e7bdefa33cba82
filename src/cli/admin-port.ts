// Part of cli: asks the sidecast that runs, on its admin port.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, checkServerIdentity, rootCertificates } from 'node:tls';
import type { AppConfig } from '../app/options.ts';

/** Nobody answers there. */
export class NoSidecastError extends Error {
  override readonly name = 'NoSidecastError';
}

export interface AdminPort {
  url: URL;
  /** The certificate that answers there, where it speaks TLS. */
  certFile?: string | undefined;
}

/** A listener on all addresses also answers on loopback; one on loopback answers where it was bound. */
export function adminPort({ listeners, tls }: Pick<AppConfig, 'listeners' | 'tls'>): AdminPort {
  const { hosts, adminPort: port, adminToken } = listeners;
  const host = hosts.find((name) => !['0.0.0.0', '::'].includes(name)) ?? '127.0.0.1';
  const isTls = tls.certFile !== undefined && tls.listeners.includes('admin');
  const url = new URL(`http${isTls ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}/`);
  // Sent as basic authentication; what is printed is the origin, which has no password.
  if (adminToken) [url.username, url.password] = ['sidecast', adminToken.reveal()];
  return { url, certFile: isTls ? tls.certFile : undefined };
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
  port: AdminPort,
  { method, path, query, headers, body }: AdminRequest,
): Promise<IncomingMessage> {
  const url = new URL(`${path}?${query}`, port.url);
  const isTls = url.protocol === 'https:';
  const options = { method, headers: { ...headers }, ...(isTls ? trustFor(port) : {}) };
  return new Promise((resolve, reject) => {
    const outgoing = (isTls ? requestTls : request)(url, options, resolve);
    outgoing.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new NoSidecastError(`no sidecast answers at ${port.url.origin} (${error.code ?? error.message})`),
      ),
    );
    if (body) {
      body.once('error', (error) => outgoing.destroy(error));
      body.pipe(outgoing);
    } else outgoing.end();
  });
}

/**
 * What goes to this machine itself is not seen by others, with or without TLS, and its certificate is for the name that clients use.
 * Elsewhere the certificate of the file is believed for whatever address it answers on, and others as usual.
 */
function trustFor({ url, certFile }: AdminPort): ConnectionOptions {
  if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname)) return { rejectUnauthorized: false };
  const pem = certFile && pemOf(certFile);
  if (!pem) return {};
  const own = new X509Certificate(pem);
  return {
    ca: [...rootCertificates, pem],
    allowPartialTrustChain: true,
    checkServerIdentity: (name, peer) =>
      peer.raw.equals(own.raw) ? undefined : checkServerIdentity(name, peer),
  };
}

function pemOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
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
