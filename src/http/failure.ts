// Part of http: what undici or a socket threw, as one of our few kinds of failure.
import { HttpError, type HttpFailure } from './client.ts';

const REFUSED = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const DNS = new Set(['ENOTFOUND', 'EAI_AGAIN', 'EAI_FAIL', 'EAI_NODATA']);
const TLS =
  /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO$|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|UND_ERR_PRX_TLS)/;
const TUNNEL = /HTTP Tunneling|Proxy Authentication/;

interface Circumstances {
  host: string;
  /** A socket was there and the request may have been written to it. */
  started: boolean;
  proxied: boolean;
}

export function toHttpError(cause: unknown, circumstances: Circumstances): HttpError {
  const code = codeOf(cause);
  const kind = kindOf(cause, code, circumstances);
  return new HttpError(kind, SENTENCES[kind](circumstances.host, code), { cause });
}

const SENTENCES: Readonly<Record<HttpFailure, (host: string, code: string) => string>> = {
  refused: (host, code) => `no connection to ${host} (${code})`,
  dns: (host, code) => `the name ${host} cannot be resolved (${code})`,
  tls: (host, code) => `no TLS connection to ${host} (${code})`,
  reset: (host, code) => `the connection to ${host} broke before the answer was complete (${code})`,
  timeout: (host) => `${host} did not answer in time`,
  aborted: (host) => `the request to ${host} was called off`,
  proxy: (host, code) => `the proxy did not connect to ${host} (${code})`,
};

function kindOf(cause: unknown, code: string, { started, proxied }: Circumstances): HttpFailure {
  if (TLS.test(code)) return 'tls';
  if (started) return 'reset';
  // What fails before the request starts was never sent: it says nothing about the request.
  if (proxied && (DNS.has(code) || REFUSED.has(code) || TUNNEL.test(messageOf(cause)))) return 'proxy';
  if (DNS.has(code)) return 'dns';
  // Node's words for a peer that hangs up during the handshake; the code is a plain ECONNRESET.
  return messageOf(cause).includes('secure TLS connection') ? 'tls' : 'refused';
}

function codeOf(cause: unknown): string {
  const { code, errors } = cause as { code?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return errors?.[0] ? codeOf(errors[0]) : cause instanceof Error ? cause.name : 'unknown';
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : '');
