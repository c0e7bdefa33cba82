// Part of aws: the SDK's calls over our own HTTP client, so that proxies, deadlines and pools are the same for all traffic.
import type { HttpHandlerOptions, HttpRequest, HttpResponse } from '@smithy/types';
import type { HttpClient } from '../http/client.ts';

/** Replaces the SDK's handler, which knows no proxy and has no deadline unless told twice (`throwOnRequestTimeout`). */
export function requestHandler(http: HttpClient, timeoutMs: number) {
  return {
    async handle(
      request: HttpRequest,
      { abortSignal }: HttpHandlerOptions = {},
    ): Promise<{ response: HttpResponse }> {
      const { host: _, ...headers } = request.headers;
      const port = request.port === undefined ? '' : `:${request.port}`;
      const answer = await http.request({
        method: request.method as 'GET' | 'POST' | 'PUT',
        url: new URL(`${request.protocol}//${request.hostname}${port}${request.path}${queryOf(request)}`),
        headers,
        body: request.body as Uint8Array | string,
        timeoutMs,
        ...(abortSignal ? { signal: abortSignal as AbortSignal } : {}),
      });
      return { response: { statusCode: answer.status, headers: { ...answer.headers }, body: answer.body } };
    },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
  };
}

function queryOf(request: HttpRequest): string {
  const pairs = Object.entries(request.query ?? {}).flatMap(([name, value]) =>
    [value ?? ''].flat().map((one) => `${encodeURIComponent(name)}=${encodeURIComponent(one)}`),
  );
  return pairs.length > 0 ? `?${pairs.join('&')}` : '';
}
