// Part of the model: an HTTP server that speaks TLS where a certificate is given, and takes a renewed one while it listens.
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { SecureContextOptions } from 'node:tls';

export const TLS_LISTENERS = ['otlp', 'admin'] as const;
export type TlsListener = (typeof TLS_LISTENERS)[number];

export interface ListenerTls {
  /** For a server that is made now. */
  current(): SecureContextOptions;
  /** Whoever listens takes each later one. */
  follow(server: { setSecureContext(renewed: SecureContextOptions): void }): void;
  /** No connection came about with a client; `code` is OpenSSL's. */
  onHandshakeFailed(code: string): void;
}

/** Node's own is two minutes: as slow-loris has it, and longer than any client waits. */
const HANDSHAKE_TIMEOUT_MS = 10_000;

export function createListener(
  options: ServerOptions,
  tls: ListenerTls | undefined,
  handler: RequestListener,
): Server {
  if (!tls) return createServer(options, handler);
  const server = createTlsServer(
    { ...options, ...tls.current(), handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
    handler,
  );
  tls.follow(server);
  // Before, or under TLS 1.3 after, the server's side of it was done.
  server.on('clientError', ({ code = '' }: NodeJS.ErrnoException) => {
    if (code.startsWith('ERR_SSL_')) tls.onHandshakeFailed(code);
  });
  return server;
}
