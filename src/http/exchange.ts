// Part of http: one request and its answer on an undici dispatcher, under one deadline.
import type { Dispatcher } from 'undici';
import type { Clock } from '../model/clock.ts';
import { type HttpAnswer, HttpError, type HttpRequest } from './client.ts';
import { withoutKeys } from './echo.ts';
import { toHttpError } from './failure.ts';

const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface Route {
  dispatcher: Dispatcher;
  proxied: boolean;
  /** What is sent to the proxy beside the request's own headers. */
  proxyHeaders?: Readonly<Record<string, string>>;
}

/** `dispatch` with a handler of our own: `request()` would build a Readable for each answer, which costs more than the rest. */
export function exchange(route: Route, request: HttpRequest, clock: Clock): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    if (request.signal?.aborted) {
      reject(new HttpError('aborted', `the request to ${request.url.host} was called off`));
      return;
    }
    const handler = new Exchange(route, request, resolve, reject);
    handler.watch(clock);
    try {
      route.dispatcher.dispatch(
        {
          origin: request.url.origin,
          path: request.url.pathname + request.url.search,
          method: request.method,
          headers: { ...request.headers },
          body: request.body ?? null,
        },
        handler,
      );
    } catch (error) {
      handler.onResponseError(null, error as Error);
    }
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #route: Route;
  readonly #request: HttpRequest;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: HttpError) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #done = false;
  #unwatch: () => void = () => undefined;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    route: Route,
    request: HttpRequest,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: HttpError) => void,
  ) {
    this.#route = route;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  watch(clock: Clock): void {
    const { timeoutMs, signal, url } = this.#request;
    const cancel = clock.schedule(timeoutMs, () => {
      const late = this.#controller
        ? new HttpError('timeout', `${url.host} did not answer within ${timeoutMs} ms`)
        : new HttpError('refused', `no connection to ${url.host} within ${timeoutMs} ms`);
      this.#fail(late);
    });
    const abort = () => this.#fail(new HttpError('aborted', `the request to ${url.host} was called off`));
    signal?.addEventListener('abort', abort, { once: true });
    this.#unwatch = () => {
      cancel();
      signal?.removeEventListener('abort', abort);
    };
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#done) controller.abort(new Error('given up before it started'));
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    const joined: Record<string, string> = {};
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ');
    }
    this.#headers = joined;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = MAX_ANSWER_BYTES - this.#bytes;
    const kept = chunk.length > room ? chunk.subarray(0, room) : chunk;
    this.#chunks.push(kept);
    this.#bytes += kept.length;
    if (kept === chunk) return;
    this.#succeed();
    controller.abort(new Error('the answer is longer than we read'));
  }

  onResponseEnd(): void {
    this.#succeed();
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const circumstances = {
      host: this.#request.url.host,
      started: this.#controller !== undefined,
      proxied: this.#route.proxied,
    };
    this.#fail(toHttpError(error, circumstances));
  }

  #succeed(): void {
    if (this.#done) return;
    this.#done = true;
    this.#unwatch();
    // Copies: undici's chunks are views of a socket buffer.
    const body = Buffer.concat(this.#chunks, this.#bytes);
    const answer = { status: this.#status, headers: this.#headers, body };
    this.#resolve(withoutKeys(answer, { ...this.#request.headers, ...this.#route.proxyHeaders }));
  }

  #fail(error: HttpError): void {
    if (this.#done) return;
    this.#done = true;
    this.#unwatch();
    this.#chunks = [];
    this.#controller?.abort(error);
    this.#reject(error);
  }
}
