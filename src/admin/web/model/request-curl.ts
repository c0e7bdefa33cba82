// Part of the page: the request that a trace describes, as a command to send it again.
import type { SpanRow } from '../../api/shapes.ts';
import { asText } from './important.ts';

/** Undefined when no span says where the request went. */
export function requestAsCurl(spans: readonly SpanRow[]): string | undefined {
  for (const span of spans) {
    if (span.kind !== 'server') continue;
    const get = (...keys: string[]) => {
      const key = keys.find((name) => span.attributes[name] !== undefined);
      return key === undefined ? undefined : asText(span.attributes[key] ?? null);
    };
    const url = get('url.full', 'http.url') ?? assembled(get);
    if (url === undefined) continue;
    const method = get('http.request.method', 'http.method') ?? 'GET';
    return `curl -i${method === 'GET' ? '' : ` -X ${quote(method)}`} ${quote(url)}`;
  }
  return undefined;
}

function assembled(get: (...keys: string[]) => string | undefined): string | undefined {
  const path = get('url.path', 'http.target');
  const named = get('http.host') ?? get('server.address', 'net.host.name', 'http.server_name');
  if (path === undefined || named === undefined) return undefined;
  const port = get('server.port', 'net.host.port');
  const host = port !== undefined && !/:\d+$/.test(named) ? `${named}:${port}` : named;
  const query = get('url.query');
  return `${get('url.scheme', 'http.scheme') ?? 'http'}://${host}${path}${query ? `?${query}` : ''}`;
}

/** For a POSIX shell. */
export const quote = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
