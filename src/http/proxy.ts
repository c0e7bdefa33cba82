// Part of http: which proxy a request goes through.
import type { HttpOptions } from './client.ts';
import { bypassesProxy } from './no-proxy.ts';

/** Undefined for none. People write HTTPS_PROXY=proxy:3128. */
export function proxyFor(url: URL, { https, http, no }: HttpOptions['proxies']): string | undefined {
  const proxy = bypassesProxy(no)(url) ? undefined : url.protocol === 'https:' ? https : http;
  if (!proxy) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}
