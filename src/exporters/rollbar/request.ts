// Part of exporters/rollbar: the request that an exception happened in, with the keys that Rollbar's own libraries use.
import { requestFacts } from '../../model/http-request.ts';
import type { Attributes } from '../../model/otlp.ts';

/** `http.request.header.content-type` is the stable name; the older one has `content_type`. */
const HEADER = /^http\.request\.header\.(.+)$/;

/** Undefined when nothing tells of a request. Secrets in headers and queries are masked when the item is finished. */
export function requestOf(attributes: Attributes): object | undefined {
  const facts = requestFacts(attributes);
  if (!facts) return undefined;
  const { url, method, clientAddress, userAgent } = facts;
  const query = /\?([^#]*)/.exec(url ?? '')?.[1];
  return {
    url,
    method,
    headers: { ...(userAgent ? { 'User-Agent': userAgent } : {}), ...headersOf(attributes) },
    ...(query ? { query_string: query, GET: Object.fromEntries(new URLSearchParams(query)) } : {}),
    user_ip: clientAddress,
  };
}

function headersOf(attributes: Attributes): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [key, value] of attributes) {
    const name = HEADER.exec(key)?.[1];
    if (name) headers[titled(name)] = Array.isArray(value) ? value.join(', ') : String(value);
  }
  return headers;
}

/** `content-type` and `content_type` as `Content-Type`. */
function titled(name: string): string {
  return name
    .split(/[-_]/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('-');
}
