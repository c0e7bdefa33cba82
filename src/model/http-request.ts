// Part of the model: what a SERVER span says about its request, in the names of the old and of the stable HTTP conventions.
import type { Attributes } from './otlp.ts';

export interface RequestFacts {
  method: string;
  scheme: string | undefined;
  /** Without the query, which may hold secrets. '' when unknown. */
  path: string;
  /** Without its question mark, as the client sent it: it may hold secrets. */
  query: string | undefined;
  route: string | undefined;
  /** Whole, query included, as far as the attributes go. */
  url: string | undefined;
  status: number | undefined;
  clientAddress: string | undefined;
  userAgent: string | undefined;
}

/** Undefined when the span describes no HTTP request. */
export function requestFacts(attributes: Attributes): RequestFacts | undefined {
  const method = textOf(attributes, 'http.request.method', 'http.method');
  if (method === undefined) return undefined;
  const target = targetOf(attributes);
  const url = textOf(attributes, 'url.full', 'http.url') ?? builtUrl(attributes, target);
  return {
    method,
    scheme:
      textOf(attributes, 'url.scheme', 'http.scheme') ?? /^([a-z][a-z0-9+.-]*):\/\//i.exec(url ?? '')?.[1],
    path: textOf(attributes, 'url.path') ?? pathOf(target ?? url ?? ''),
    query: textOf(attributes, 'url.query') ?? queryOf(target ?? url ?? ''),
    route: textOf(attributes, 'http.route'),
    url,
    status: numberOf(attributes, 'http.response.status_code', 'http.status_code'),
    clientAddress: textOf(
      attributes,
      'client.address',
      'http.client_ip',
      'network.peer.address',
      'net.sock.peer.addr',
      'net.peer.ip',
    ),
    userAgent: textOf(attributes, 'user_agent.original', 'http.user_agent'),
  };
}

/** The first of these that is text and not empty. */
export function textOf(attributes: Attributes, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value = attributes.get(key);
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

function numberOf(attributes: Attributes, ...keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = Number(attributes.get(key) ?? Number.NaN);
    if (Number.isFinite(value)) return value;
  }
  return undefined;
}

function targetOf(attributes: Attributes): string | undefined {
  const path = textOf(attributes, 'url.path');
  if (path === undefined) return textOf(attributes, 'http.target');
  const query = textOf(attributes, 'url.query');
  return query === undefined ? path : `${path}?${query}`;
}

function builtUrl(attributes: Attributes, target: string | undefined): string | undefined {
  const header = textOf(attributes, 'http.host');
  const name = header ?? textOf(attributes, 'server.address', 'net.host.name', 'http.server_name');
  if (name === undefined) return target;
  const port = header ? undefined : numberOf(attributes, 'server.port', 'net.host.port');
  // Flask's instrumentation writes the port into the name, too.
  const suffix =
    port === undefined || port === 80 || port === 443 || name.endsWith(`:${port}`) ? '' : `:${port}`;
  return `${textOf(attributes, 'url.scheme', 'http.scheme') ?? 'http'}://${name}${suffix}${target ?? '/'}`;
}

function pathOf(target: string): string {
  return target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
}

function queryOf(target: string): string | undefined {
  return /^[^?#]*\?([^#]+)/.exec(target)?.[1];
}
