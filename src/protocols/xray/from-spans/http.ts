// Part of protocols/xray: the http block, from stable and from old conventions, also when only some attributes are there.
import { SpanKind } from '../../../model/otlp.ts';
import type { HttpBlock } from './document.ts';
import { peekNumber, peekText, type Reader, shorten, takeNumber, takeText } from './reader.ts';

export function httpBlock(reader: Reader, kind: number): HttpBlock | undefined {
  const method = takeText(reader, 'http.request.method', 'http.method');
  const status = takeNumber(reader, 'http.response.status_code', 'http.status_code');
  const full = takeText(reader, 'url.full', 'http.url');
  // Without any of these it is no HTTP span, and e.g. a database's server.address is not ours to take.
  if (method === undefined && status === undefined && full === undefined && !saysPath(reader, kind)) {
    return undefined;
  }
  const contentLength = takeNumber(reader, 'http.response.body.size', 'http.response_content_length');
  const client = kind === SpanKind.SERVER ? clientIp(reader) : undefined;
  return {
    request: {
      method,
      url: full ?? builtUrl(reader, kind),
      user_agent: takeText(reader, 'user_agent.original', 'http.user_agent'),
      client_ip: client?.ip,
      x_forwarded_for: client?.forwarded ? true : undefined,
    },
    response:
      status === undefined && contentLength === undefined
        ? undefined
        : { status, content_length: contentLength },
  };
}

/** The url's path belongs to HTTP alone, a user agent to a request. Only spans that a request goes out from or comes in by are asked. */
function saysPath({ attributes }: Reader, kind: number): boolean {
  if (kind !== SpanKind.SERVER && kind !== SpanKind.CLIENT) return false;
  return attributes.has('url.path') || attributes.has('http.target') || attributes.has('user_agent.original');
}

/** From scheme, host and path; a bare path where no host is known. */
function builtUrl(reader: Reader, kind: number): string | undefined {
  const host = hostAndPort(reader, kind);
  const path = pathAndQuery(reader);
  if (host === undefined && path === undefined) return undefined;
  const scheme = peekText(reader, 'url.scheme', 'http.scheme') ?? 'http';
  const url = host === undefined ? (path ?? '') : `${scheme}://${host}${path ?? '/'}`;
  const short = shorten(url);
  // What was cut off stays in the attributes that it came from.
  if (short === url) useParts(reader, host, path);
  return short;
}

function hostAndPort(reader: Reader, kind: number): string | undefined {
  const header = peekText(reader, 'http.host');
  if (header !== undefined) return header;
  const isClient = kind === SpanKind.CLIENT;
  const name = peekText(reader, 'server.address', isClient ? 'net.peer.name' : 'net.host.name');
  if (name === undefined) return undefined;
  const port = peekNumber(reader, 'server.port', isClient ? 'net.peer.port' : 'net.host.port');
  // Flask's instrumentation writes the port into the address, too. Ports 80 and 443 go without saying.
  if (port === undefined || port === 80 || port === 443 || name.endsWith(`:${port}`)) return name;
  return name.includes(':') && !name.startsWith('[') ? `[${name}]:${port}` : `${name}:${port}`;
}

function pathAndQuery(reader: Reader): string | undefined {
  const path = peekText(reader, 'url.path');
  if (path === undefined) return peekText(reader, 'http.target');
  const query = peekText(reader, 'url.query');
  return query === undefined ? path : `${path}?${query}`;
}

const HOST_KEYS = [
  'http.host',
  'server.address',
  'net.host.name',
  'net.peer.name',
  'http.server_name',
] as const;
const PORT_KEYS = ['server.port', 'net.host.port', 'net.peer.port'] as const;

function useParts(reader: Reader, host: string | undefined, path: string | undefined): void {
  const { attributes, used } = reader;
  if (path !== undefined) {
    if (attributes.get('http.target') === path) used.add('http.target');
    if (attributes.has('url.path')) used.add('url.path').add('url.query');
  }
  if (host === undefined) return;
  used.add('url.scheme').add('http.scheme');
  for (const key of HOST_KEYS) {
    const value = attributes.get(key);
    if (value === host || (typeof value === 'string' && host.startsWith(`${value}:`))) used.add(key);
  }
  const port = host.slice(host.lastIndexOf(':') + 1);
  for (const key of PORT_KEYS) {
    const value = attributes.get(key);
    if (value !== undefined && String(value) === port) used.add(key);
  }
}

function clientIp(reader: Reader): { ip: string; forwarded: boolean } | undefined {
  const client = takeText(reader, 'client.address', 'http.client_ip');
  const peer =
    peekText(reader, 'network.peer.address', 'net.sock.peer.addr') ?? peekText(reader, 'net.peer.ip');
  if (client !== undefined) return { ip: client, forwarded: peer !== undefined && peer !== client };
  if (peer === undefined) return undefined;
  takeText(reader, 'network.peer.address', 'net.sock.peer.addr');
  takeText(reader, 'net.peer.ip');
  return { ip: peer, forwarded: false };
}
