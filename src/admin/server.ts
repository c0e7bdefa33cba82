// Part of admin: the port for people and probes.
import fastify, { type FastifyInstance } from 'fastify';
import type { Component } from '../model/component.ts';
import { capConnections } from '../model/connection-cap.ts';
import { WITHOUT_SCHEMAS } from '../model/fastify-options.ts';
import { createListener, type ListenerTls } from '../model/listener-tls.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type AccessOptions, accessCheck } from './access.ts';
import { addDeadLetterRoutes, type DeadLetterSources } from './api/dead-letters.ts';
import { addDoctorRoute, type Examine } from './api/doctor.ts';
import type { ApiSources } from './api/sources.ts';
import { Streams } from './api/stream.ts';
import { addTraceRoutes } from './api/traces.ts';
import { addBundleRoutes } from './bundle.ts';
import { renderPage } from './page.ts';
import type { Status } from './status.ts';

export interface AdminOptions {
  hosts: readonly string[];
  port: number;
  /** True once every port is bound, until a shutdown begins. */
  isReady(): boolean;
  status(): Promise<Status>;
  metrics: Metrics;
  deadLetters: DeadLetterSources;
  doctor: Examine;
  api: ApiSources;
  access: AccessOptions;
  tls: ListenerTls | undefined;
  /** Where the build put the page; without one there is a table. */
  web: URL | undefined;
  onSkippedHost(host: string): void;
}

export interface Admin extends Component {
  addresses(): string[];
}

/** Families that the machine lacks. */
const NO_SUCH_FAMILY = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** Of a request, until it is whole: answers may stream for as long as they like. */
const TIMEOUTS = { requestTimeout: 30_000, headersTimeout: 15_000, keepAliveTimeout: 72_000 };
/** People, probes and scrapers. */
const MAX_CONNECTIONS = 256;

export function createAdmin(options: AdminOptions): Admin {
  const servers: FastifyInstance[] = [];
  const streams = new Streams(options.api);
  let addresses: string[] = [];
  return {
    addresses: () => addresses,
    async start() {
      let { port } = options;
      for (const host of options.hosts) {
        const server = buildServer(options, streams);
        try {
          await server.listen({ host, port, ipv6Only: host.includes(':') });
        } catch (error) {
          await server.close();
          if (!NO_SUCH_FAMILY.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
          options.onSkippedHost(host);
          continue;
        }
        servers.push(server);
        const bound = server.server.address();
        if (typeof bound === 'object' && bound) port = bound.port;
        addresses = [...addresses, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`];
      }
    },
    async shutdown() {
      await Promise.all(servers.splice(0).map((server) => server.close()));
    },
  };
}

function buildServer(options: AdminOptions, streams: Streams): FastifyInstance {
  const server = fastify({
    ...WITHOUT_SCHEMAS,
    forceCloseConnections: true,
    serverFactory: (handler) => createListener(TIMEOUTS, options.tls, handler),
  });
  capConnections(server.server, MAX_CONNECTIONS);
  server.addHook('onRequest', accessCheck(options.access));
  server.get('/livez', async (_request, reply) => reply.type('text/plain').send('alive\n'));
  server.get('/readyz', async (_request, reply) => {
    const ready = options.isReady();
    return reply
      .code(ready ? 200 : 503)
      .type('text/plain')
      .send(ready ? 'ready\n' : 'not ready\n');
  });
  server.get('/status', async () => options.status());
  server.get('/metrics', async (_request, reply) =>
    reply.type(options.metrics.contentType).send(await options.metrics.render()),
  );
  void server.register(async (scope) => addDeadLetterRoutes(scope, options.deadLetters));
  addDoctorRoute(server, options.doctor);
  addTraceRoutes(server, options.api);
  streams.addRoute(server);
  void server.register(async (scope) => {
    if (!(await addBundleRoutes(scope, options.web))) addTable(scope, options);
  });
  return server;
}

function addTable(server: FastifyInstance, options: AdminOptions): void {
  server.get('/', async (_request, reply) => {
    const policy = "default-src 'none'; style-src 'unsafe-inline'";
    return reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', policy)
      .send(renderPage(await options.status()));
  });
}
