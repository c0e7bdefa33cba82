// Part of http: the only way out. Pools, proxies, deadlines; no redirects (a key must not follow one).
import type { Clock } from '../model/clock.ts';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
  /** From connecting to the last byte of the answer. */
  timeoutMs: number;
  signal?: AbortSignal;
}

export interface HttpAnswer {
  status: number;
  /** Names in lower case; repeated headers joined by ', '. */
  headers: Readonly<Record<string, string>>;
  /** At most 4 MiB; a larger answer is cut. */
  body: Uint8Array;
}

/** `refused`, `dns` and `tls` say nothing about the request itself; `reset` and `timeout` may have been delivered. */
export type HttpFailure = 'refused' | 'dns' | 'tls' | 'reset' | 'timeout' | 'aborted' | 'proxy';

export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly kind: HttpFailure;

  constructor(kind: HttpFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface HttpClient {
  /** Resolves with any status, 3xx included; throws HttpError when there is no answer. */
  request(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

export interface HttpOptions {
  /** Sockets per origin. */
  connections: number;
  clock: Clock;
  /** HTTPS_PROXY, HTTP_PROXY, NO_PROXY as the user set them (upper or lower case). */
  proxies: { https?: string; http?: string; no?: string };
  /** False: certificates are not checked, those of a proxy excepted. */
  verifyTls?: boolean;
}
