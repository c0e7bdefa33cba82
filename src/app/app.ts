// Part of app: the composition root. Builds every component, starts them in order, stops them in reverse.

import { join } from 'node:path';
import { createAdmin } from '../admin/server.ts';
import { buildStatus, type Status } from '../admin/status.ts';
import type { Aws } from '../aws/index.ts';
import { createDeadLetterFiles, createDeadLetterMemory } from '../delivery/dead-letters.ts';
import { createDecoder } from '../delivery/decoder.ts';
import { Delivery } from '../delivery/loop.ts';
import { createHttpClient } from '../http/index.ts';
import { createAdmission } from '../intake/admission.ts';
import { createIntake } from '../intake/index.ts';
import { openJournal } from '../journal/open.ts';
import { Ledger } from '../ledger/ledger.ts';
import { createBufferPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import type { Reason } from '../model/reasons.ts';
import { DESTINATION_IDS, type DestinationId } from '../model/signals.ts';
import { createXRayReceiver } from '../receivers/aws-xray/index.ts';
import { createOtlpReceiver } from '../receivers/otlp/index.ts';
import { createEvents, type Listening } from '../telemetry/events.ts';
import type { LogLine } from '../telemetry/logger.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { resolveDataDir } from './data-dir.ts';
import { createJournalEvents } from './journal-events.ts';
import { createMemoryKeeper } from './memory.ts';
import type { AppConfig } from './options.ts';
import { registry } from './registry.ts';
import { shutDown } from './shutdown.ts';

export interface AppOptions {
  config: AppConfig;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  log: LogLine;
  clock: Clock;
  random: () => number;
}

export interface App {
  listening: Listening;
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
  journal: { mode: 'disk' | 'memory'; dir: string | null };
  status(): Promise<Status>;
  /** Flushes within SIDECAST_SHUTDOWN_TIMEOUT; safe twice. */
  shutdown(signal: string): Promise<void>;
}

/** Body buffers kept for the next requests. */
const IDLE_BUFFER_BYTES = 8 * 1024 * 1024;
/** Sockets per vendor: a few more than any exporter has requests in flight. */
const CONNECTIONS_PER_ORIGIN = 8;

/** Resolves once every port is bound. Throws when a port is taken or the data directory is another process's. */
export async function startApp({ config, env, version, log, clock, random }: AppOptions): Promise<App> {
  const startedAtMs = clock.now();
  const events = createEvents(log, () => clock.now());
  const ledger = new Ledger();
  const off: Partial<Record<DestinationId, Reason>> = {};
  for (const { id, off: offReason } of registry) {
    const reason = offReason(config);
    if (reason) off[id] = reason;
    else ledger.open(id, startedAtMs);
  }
  const on = DESTINATION_IDS.filter((id) => !off[id]);

  const deliveries = new Map<DestinationId, Delivery<unknown>>();
  const dataDir = resolveDataDir(config.journal.dataDir, env);
  const journalEvents = createJournalEvents({ ledger, events, deliveries, routing: config.process.routing });
  const pool = createBufferPool(IDLE_BUFFER_BYTES);
  const { journal, fallback } = await openJournal({
    dataDir,
    maxBytes: config.journal.maxBytes,
    maxAgeMs: config.journal.maxAgeMs,
    fsync: config.journal.fsync,
    destinations: on,
    clock,
    events: journalEvents,
    pool,
  });
  if (fallback) events.journalInMemory(dataDir, fallback);
  journalEvents.attach(journal);
  await journal.start();

  const http = createHttpClient({
    connections: CONNECTIONS_PER_ORIGIN,
    clock,
    proxies: proxiesOf(env),
  });
  let aws: Promise<Aws> | undefined;
  const context = { version, clock, random, decoder: createDecoder(), http, aws: () => (aws ??= openAws()) };
  async function openAws(): Promise<Aws> {
    const { createAws } = await import('../aws/index.ts');
    const opened = createAws({
      region: config.aws.region,
      xrayEndpoint: config.xray.endpoint,
      logsEndpoint: config.cloudwatchLogs.endpoint,
      http,
      clock,
      userAgent: `sidecast/${version}`,
    });
    // The SDK takes 0.1 s of the event loop to import: better now than while datagrams arrive. Credentials come when they come.
    const services = [
      off['aws-xray'] ? [] : opened.xray,
      off['aws-cloudwatch-logs'] ? [] : opened.logs,
    ].flat();
    await Promise.allSettled(services.map((service) => service.region()));
    for (const service of services) service.accessKeyId().catch(() => undefined);
    return opened;
  }
  const deadLetters = journal.dir
    ? createDeadLetterFiles(join(journal.dir, 'dead-letters'))
    : createDeadLetterMemory();
  for (const { id, build } of registry) {
    if (off[id]) continue;
    const exporter = await build(config, { ...context, destination: id });
    const onError = (error: Error) => events.internalError(`delivery ${id}`, error);
    deliveries.set(
      id,
      new Delivery({ destination: id, exporter, journal, ledger, deadLetters, clock, random, onError }),
    );
  }
  ledger.subscribe((event) => {
    if (event.kind === 'state' && event.from !== event.to) {
      const queued = ledger.account(event.destination)?.counts.queued ?? 0;
      events.destinationState(event.destination, event.to, event.reason, queued);
    }
    if (event.kind === 'settled' && event.outcome === 'rejected') {
      events.itemsRejected(event.destination, event.items, event.code ?? 'vendor_rejected');
    }
  });

  const admission = createAdmission(config.process.maxInFlightBytes);
  const intake = createIntake({
    journal,
    ledger,
    admission,
    processors: [createMemoryKeeper()],
    destinations: on,
    routing: config.process.routing,
  });
  const { hosts, otlpPort, xrayPort, adminPort } = config.listeners;
  const otlp = createOtlpReceiver({
    hosts,
    port: otlpPort,
    maxRequestBytes: config.otlpReceiver.maxRequestBytes,
    corsOrigins: config.otlpReceiver.corsOrigins ?? [],
    ...(config.otlpReceiver.ingestToken ? { ingestToken: config.otlpReceiver.ingestToken } : {}),
    intake,
    log,
    clock,
    pool,
  });
  const xray = createXRayReceiver({
    hosts,
    port: xrayPort,
    receiveBufferBytes: config.xrayReceiver.receiveBufferBytes,
    intake,
    log,
    clock,
    pool,
  });
  let isReady = false;
  let listening: Listening = { otlp: [], xrayUdp: [], xrayTcp: [], admin: [] };
  const status = () =>
    buildStatus({
      version,
      startedAtMs,
      maxAgeMs: config.journal.maxAgeMs,
      listening: () => listening,
      journal,
      ledger,
      off,
      xrayReceiver: () => xray.status(),
      now: () => clock.now(),
    });
  const metrics = createMetrics({
    ledger,
    backlog: (id) => (off[id] ? undefined : journal.backlog(id)),
    now: () => clock.now(),
  });
  const onSkippedHost = (host: string) =>
    log('info', 'address_skipped', 'this machine lacks the address family', { host });
  const admin = createAdmin({
    hosts,
    port: adminPort,
    isReady: () => isReady,
    status,
    metrics,
    onSkippedHost,
  });

  // Deliveries first: what was recovered goes out while ports are bound. Ports last: ready means everything works.
  const components = [...deliveries.values(), otlp, xray, admin];
  try {
    for (const component of components) await component.start();
  } catch (error) {
    const now = AbortSignal.abort();
    for (const component of components.toReversed()) await component.shutdown(now);
    await journal.shutdown(now);
    throw error;
  }
  listening = {
    otlp: otlp.addresses(),
    xrayUdp: xray.addresses().udp,
    xrayTcp: xray.addresses().tcp,
    admin: admin.addresses(),
  };
  isReady = true;

  let stopping: Promise<void> | undefined;
  return {
    listening,
    off,
    journal: { mode: journal.mode, dir: journal.dir },
    status,
    shutdown(signal) {
      isReady = false;
      events.shutdown(signal);
      stopping ??= shutDown({
        timeoutMs: config.process.shutdownTimeoutMs,
        clock,
        ledger,
        receivers: [otlp, xray],
        deliveries: [...deliveries.values()],
        journal,
        after: [admin, { shutdown: async () => (await aws)?.close() }, { shutdown: () => http.close() }],
      }).then(() => {
        const left = on
          .map((id) => [id, ledger.account(id)?.counts.queued ?? 0] as const)
          .filter(([, queued]) => queued > 0);
        events.stopped(Object.fromEntries(left), journal.mode === 'memory');
      });
      return stopping;
    },
  };
}

function proxiesOf(env: AppOptions['env']): { https?: string; http?: string; no?: string } {
  const read = (name: string) => env[name] || env[name.toLowerCase()];
  const [https, http, no] = [read('HTTPS_PROXY'), read('HTTP_PROXY'), read('NO_PROXY')];
  return { ...(https ? { https } : {}), ...(http ? { http } : {}), ...(no ? { no } : {}) };
}
