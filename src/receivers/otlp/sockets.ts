// Part of receivers/otlp: HTTP servers and what they do with connections that are not, or not quite, HTTP/1.
import { type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { capConnections } from '../../model/connection-cap.ts';
import { createListener, type ListenerTls } from '../../model/listener-tls.ts';
import { encodeStatus, StatusCodes } from '../../protocols/otlp/status.ts';
import type { LogLine } from '../../telemetry/logger.ts';

export interface Timeouts {
  /** Idle between requests. Longer than any exporter's interval (Python 5 s, metrics 60 s). */
  keepAliveMs: number;
  /** From a request's first byte to the end of its headers, and to the end of its body. */
  headersMs: number;
  requestMs: number;
  /** Without a byte, while a request is under way. */
  silenceMs: number;
  /** How often the two are looked at. */
  checkMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  keepAliveMs: 75_000,
  headersMs: 15_000,
  requestMs: 60_000,
  silenceMs: 20_000,
  checkMs: 5_000,
};

/** Per address. SDKs keep one connection a signal and process. */
const MAX_CONNECTIONS = 1024;
/** How a connection opens that speaks HTTP/2 without asking first (RFC 9113, 3.4): a gRPC exporter. */
const HTTP2_PREFACE = 'PRI * HTTP/2.0';
const GRPC_FIX = 'This port takes OTLP over HTTP. Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf in the app.';

export function createHttpServer(
  listener: RequestListener,
  timeouts: Timeouts,
  onBadConnection: (error: ClientError, socket: Socket) => void,
  tls?: ListenerTls,
): Server {
  const server = createListener(
    {
      keepAliveTimeout: timeouts.keepAliveMs,
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkMs,
      noDelay: true,
    },
    tls,
    listener,
  );
  capConnections(server, MAX_CONNECTIONS);
  // Of a connection on which nothing moves: a body that stops coming holds its share of the bytes in flight.
  server.timeout = timeouts.silenceMs;
  server.on('clientError', (error: ClientError, socket) => onBadConnection(error, socket as Socket));
  return server;
}

export interface ClientError extends Error {
  code?: string;
  rawPacket?: Buffer;
}

/** Answers what Node could not parse, and explains gRPC in the log, once. */
export function badConnectionHandler(
  log: LogLine,
  onMalformed: () => void,
): (error: ClientError, socket: Socket) => void {
  let isGrpcExplained = false;
  return (error, socket) => {
    // What failed in TLS is told by the listener, and there is nobody to answer.
    if (!socket.writable || error.code === 'ECONNRESET' || error.code?.startsWith('ERR_SSL_')) {
      socket.destroy();
      return;
    }
    if (error.rawPacket?.subarray(0, HTTP2_PREFACE.length).toString('latin1') === HTTP2_PREFACE) {
      if (!isGrpcExplained) {
        log('warn', 'grpc_on_http_port', 'a gRPC exporter is pointed at the OTLP/HTTP port', {
          fix: GRPC_FIX,
        });
      }
      isGrpcExplained = true;
      endWith(socket, 400, StatusCodes.INVALID_ARGUMENT, GRPC_FIX);
    } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
      endWith(socket, 408, StatusCodes.INVALID_ARGUMENT, 'the request did not arrive in time');
    } else if (error.code === 'HPE_HEADER_OVERFLOW') {
      endWith(socket, 431, StatusCodes.INVALID_ARGUMENT, 'the headers are too large');
    } else {
      onMalformed();
      endWith(socket, 400, StatusCodes.INVALID_ARGUMENT, 'this is not HTTP/1.1');
    }
  };
}

function endWith(socket: Socket, status: number, grpcCode: number, message: string): void {
  const body = Buffer.from(encodeStatus(grpcCode, message, 'json'));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ];
  // Half-closed first: destroying it with bytes unread would reset it before the answer is seen.
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
  socket.setTimeout(1000, () => socket.destroy());
  socket.resume();
}
