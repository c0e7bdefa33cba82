// Part of http: how far a connection to a destination gets: proxy, name, TCP, TLS. It sends no request.
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { request as connectThrough } from 'node:http';
import { connect, type Socket } from 'node:net';
import { connect as startTls, type TLSSocket } from 'node:tls';
import { HttpError, type HttpOptions } from './client.ts';
import { toHttpError } from './failure.ts';
import { proxyFor } from './proxy.ts';

export interface ReachOptions {
  url: URL;
  proxies: HttpOptions['proxies'];
  verifyTls?: boolean;
}

const TIMEOUT_MS = 5_000;

/** Resolves with what was found on the way, for people; throws HttpError at the first thing that fails. */
export async function reach({ url, proxies, verifyTls = true }: ReachOptions): Promise<string> {
  const proxy = proxyFor(url, proxies);
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const isHttps = url.protocol === 'https:';
  let socket: Socket | undefined;
  try {
    const first = proxy ? new URL(proxy) : url;
    const { host, found } = await resolve(first);
    const startedMs = performance.now();
    socket = await open(first, host, signal);
    const tcp = `TCP in ${Math.ceil(performance.now() - startedMs)} ms`;
    const steps = [proxy ? `through the proxy ${first.host}` : found, tcp].filter((step) => step !== '');
    if (proxy && isHttps) {
      socket.destroy();
      socket = await tunnel(first, url, signal);
    }
    if (isHttps) steps.push(await handshake(socket, url, verifyTls, signal));
    return `${url.host}: ${steps.join(', ')}`;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    if (signal.aborted)
      throw new HttpError('refused', `no connection to ${url.host} within ${TIMEOUT_MS} ms`);
    throw toHttpError(error, { host: url.host, started: false, proxied: proxy !== undefined });
  } finally {
    socket?.destroy();
  }
}

async function resolve({ hostname }: URL): Promise<{ host: string; found: string }> {
  const name = hostname.replace(/^\[|\]$/g, '');
  const [first, ...others] = await lookup(name, { all: true });
  const host = first?.address ?? name;
  return {
    host,
    found: host === name ? '' : others.length > 0 ? `${host} and ${others.length} more` : host,
  };
}

async function open(url: URL, host: string, signal: AbortSignal): Promise<Socket> {
  const socket = connect({ host, port: portOf(url) });
  await once(socket, 'connect', { signal });
  return socket;
}

async function tunnel(proxy: URL, url: URL, signal: AbortSignal): Promise<Socket> {
  const authorization =
    proxy.username === ''
      ? {}
      : {
          'proxy-authorization': `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString('base64')}`,
        };
  const target = `${url.hostname}:${portOf(url)}`;
  const outgoing = connectThrough({
    host: proxy.hostname,
    port: portOf(proxy),
    method: 'CONNECT',
    path: target,
    headers: { host: target, ...authorization },
    agent: false,
    signal,
  });
  // A proxy that makes no tunnels answers as to any other request.
  const refused = once(outgoing, 'response').then(([answer]) => answer as { statusCode?: number });
  const connected = once(outgoing, 'connect') as Promise<[{ statusCode?: number }, Socket]>;
  refused.catch(() => undefined);
  outgoing.end();
  let why: string;
  try {
    const first = await Promise.race([refused, connected]);
    const [answer, socket] = Array.isArray(first) ? first : [first, undefined];
    if (socket && answer.statusCode === 200) return socket;
    socket?.destroy();
    why = `it answered ${answer.statusCode}`;
  } catch (error) {
    if (signal.aborted) throw error;
    why = (error as NodeJS.ErrnoException).code ?? 'it hung up';
  }
  outgoing.destroy();
  throw new HttpError('proxy', `the proxy did not connect to ${target} (${why})`);
}

async function handshake(socket: Socket, url: URL, verifyTls: boolean, signal: AbortSignal): Promise<string> {
  const tls: TLSSocket = startTls({ socket, servername: url.hostname, rejectUnauthorized: verifyTls });
  await once(tls, 'secureConnect', { signal });
  const { valid_to: until } = tls.getPeerCertificate();
  const day = until ? new Date(until).toISOString().slice(0, 10) : 'unknown';
  return `${tls.getProtocol()}, certificate valid until ${day}`;
}

function portOf(url: URL): number {
  return Number(url.port) || (url.protocol === 'https:' ? 443 : 80);
}
