// Part of receivers/otlp: OTLP over HTTP, as a component.
import type { Server } from 'node:http';
import type { Intake } from '../../intake/intake.ts';
import { type BufferPool, noPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import type { Component } from '../../model/component.ts';
import type { ListenerTls } from '../../model/listener-tls.ts';
import type { Secret } from '../../model/secret.ts';
import type { LogLine } from '../../telemetry/logger.ts';
import { createJsonConverter } from './json-converter.ts';
import { addressOf, listenOnAll } from './listen.ts';
import { buildRoutes } from './routes.ts';
import { badConnectionHandler, createHttpServer, DEFAULT_TIMEOUTS, type Timeouts } from './sockets.ts';

export interface OtlpReceiverOptions {
  hosts: readonly string[];
  /** 0 picks one that is free on every host. */
  port: number;
  maxRequestBytes: number;
  corsOrigins: readonly string[];
  ingestToken?: Secret;
  tls?: ListenerTls | undefined;
  intake: Intake;
  /** What a record stores of the Honeycomb key that the client sent. */
  keyRefOf?: (key: string | undefined) => string | undefined;
  log: LogLine;
  clock: Clock;
  pool?: BufferPool;
  /** Converts large JSON bodies in a thread of its own; without it, they are converted in this one. */
  jsonWorker?: URL;
  /** For tests. */
  timeouts?: Timeouts;
}

export interface OtlpReceiver extends Component {
  /** `host:port` of each address that it listens on. */
  addresses(): string[];
}

export function createOtlpReceiver(options: OtlpReceiverOptions): OtlpReceiver {
  const { hosts, port, intake, log, timeouts = DEFAULT_TIMEOUTS } = options;
  let servers: Server[] = [];
  let addresses: string[] = [];
  let closing: Promise<void> | undefined;
  const json = createJsonConverter(options.jsonWorker, options.clock);
  const app = buildRoutes({ pool: noPool, ...options, json, isClosing: () => closing !== undefined });
  const onBadConnection = badConnectionHandler(log, () => intake.refuse('otlp', 'malformed', 1));

  /** One server for each address; fastify's own one never listens. */
  function createServer(): Server {
    return createHttpServer(
      (request, response) => app.routing(request, response),
      timeouts,
      onBadConnection,
      options.tls,
    );
  }

  return {
    addresses: () => addresses,
    async start() {
      await app.ready();
      servers = await listenOnAll(hosts, port, createServer, log);
      addresses = servers.map(addressOf);
    },
    async shutdown(deadline) {
      closing ??= Promise.all(servers.map(closeServer))
        .then(() => app.close())
        .then(json.end);
      const cut = () => {
        for (const server of servers) server.closeAllConnections();
      };
      if (deadline.aborted) cut();
      deadline.addEventListener('abort', cut, { once: true });
      await closing;
      deadline.removeEventListener('abort', cut);
    },
  };
}

/** Requests in flight go on and end their connection with the answer; Node closes idle ones at once. */
function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
