// Part of http: builds the client, with a pool for each origin or a proxy where one applies.
// Undici's index loads fetch, mocks and caches as well: 500 KB of source that would stay in memory.
import Pool from 'undici/lib/dispatcher/pool.js';
import type { HttpClient, HttpOptions } from './client.ts';
import { exchange, type Route } from './exchange.ts';
import { proxyFor } from './proxy.ts';

const CONNECT_TIMEOUT_MS = 10_000;
/** Idle sockets are kept this long: batches are seconds apart on quiet days, and a TLS handshake costs milliseconds of CPU. */
const KEEP_ALIVE_MS = 30_000;

/** No redirect is followed: `dispatch` never does, and a key must not travel to another host. */
export function createHttpClient(options: HttpOptions): HttpClient {
  const routes = new Map<string, Promise<Route>>();
  // Deadlines are the exchange's: undici's own would only repeat them with coarser clocks.
  const pool = {
    connections: options.connections,
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    bodyTimeout: 0,
  };

  const tls = options.verifyTls === false ? { rejectUnauthorized: false } : {};

  const open = async (url: URL): Promise<Route> => {
    const proxy = proxyFor(url, options.proxies);
    if (!proxy)
      return {
        dispatcher: new Pool(url.origin, { ...pool, connect: { timeout: CONNECT_TIMEOUT_MS, ...tls } }),
        proxied: false,
      };
    // Bundled, a CommonJS module has its default export only.
    const { default: undici } = await import('undici');
    // Plain http goes through a proxy without a tunnel: many refuse CONNECT to port 80.
    return {
      dispatcher: new undici.ProxyAgent({
        ...pool,
        uri: proxy,
        proxyTunnel: url.protocol === 'https:',
        requestTls: tls,
      }),
      proxied: true,
      proxyHeaders: proxyHeaders(new URL(proxy)),
    };
  };

  return {
    async request(request) {
      const { origin } = request.url;
      const route = routes.get(origin) ?? open(request.url);
      routes.set(origin, route);
      return exchange(await route, request, options.clock);
    },
    async close() {
      const open = await Promise.all(routes.values());
      routes.clear();
      await Promise.all(open.map(({ dispatcher }) => dispatcher.destroy()));
    },
  };
}

/** As undici makes them of the user and the password in the proxy's URL. */
function proxyHeaders({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
