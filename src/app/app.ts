// Part of app: the composition root. Builds every component, starts them in order, stops them in reverse.
import { buildStatus, type Status } from '../admin/status.ts';
import { RecentLogs } from '../correlation/recent-logs.ts';
import { createDecoder } from '../delivery/decoder.ts';
import type { Exporter } from '../delivery/exporter.ts';
import type { Delivery } from '../delivery/loop.ts';
import { createTelemetry } from '../exporters/aws-xray/telemetry.ts';
import { createReplay } from '../intake/replay/replay.ts';
import type { JournalMode } from '../journal/journal.ts';
import { Ledger } from '../ledger/ledger.ts';
import { createBufferPool } from '../model/buffer-pool.ts';
import type { Clock } from '../model/clock.ts';
import type { Component } from '../model/component.ts';
import type { Reason } from '../model/reasons.ts';
import type { DestinationId } from '../model/signals.ts';
import { createRecent } from '../recent/recent.ts';
import { createEvents, type DispensableListener, type Listening } from '../telemetry/events.ts';
import type { LogLine } from '../telemetry/logger.ts';
import { buildCorrelation } from './correlation.ts';
import { resolveDataDir } from './data-dir.ts';
import { createDeadLetters } from './dead-letters.ts';
import { buildDestination } from './destinations.ts';
import { createDoctor } from './doctor/index.ts';
import { watchIntake } from './doctor/watched-intake.ts';
import { createJournalEvents } from './journal-events.ts';
import { createKafkaEvents } from './kafka-events.ts';
import { reportLedger } from './ledger-events.ts';
import { createMemoryKeeper } from './memory.ts';
import { openAppJournal } from './open-journal.ts';
import type { AppConfig } from './options.ts';
import { createOutgoing } from './outgoing.ts';
import { createPage } from './page.ts';
import { createProcessors } from './processors.ts';
import { buildReceivers } from './receivers.ts';
import { registry } from './registry.ts';
import { buildSampling } from './sampling.ts';
import { shutDown } from './shutdown.ts';
import { createSwitches } from './switches.ts';
import { createTls } from './tls.ts';
import { buildWayIn } from './way-in.ts';

export interface AppOptions {
  config: AppConfig;
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  log: LogLine;
  clock: Clock;
  random: () => number;
  /** Where a port that is taken costs the listener, and not the start. */
  mayLack?: readonly DispensableListener[];
}

export interface App {
  listening: Listening;
  off: Readonly<Partial<Record<DestinationId, Reason>>>;
  journal: { mode: JournalMode; dir: string | null };
  status(): Promise<Status>;
  /** Flushes within SIDECAST_SHUTDOWN_TIMEOUT; safe twice. */
  shutdown(signal: string): Promise<void>;
  /** Takes over the rules of another configuration; everything else needs a restart. */
  applyRules(config: AppConfig): void;
  /** Reads the files of the certificate again. */
  renewCertificate(): void;
}

/** Body buffers kept for the next requests. */
const IDLE_BUFFER_BYTES = 4 * 1024 * 1024;
/** A destination that has so much to read has a backlog. Senders that go as fast as they can for some seconds seldom make one. */
const BEHIND_BYTES = 128 * 1024 * 1024;

/** Resolves once every port is bound. Throws when a port is taken or the data directory is another process's. */
export async function startApp(options: AppOptions): Promise<App> {
  const { config, env, version, log, clock, random, mayLack = [] } = options;
  const startedAtMs = clock.now();
  const events = createEvents(log, () => clock.now());
  const tls = createTls(config.tls, clock, log);
  const ledger = new Ledger();
  const deliveries = new Map<DestinationId, Delivery<unknown>>();
  const exporters = new Map<DestinationId, Exporter<unknown>>();
  const onAppKey = () => deliveries.get('honeycomb')?.probeSoon();
  const switches = createSwitches(config, { ledger, clock, events, onAppKey });
  const { off, known, appKeys, turnOn } = switches;

  const dataDir = resolveDataDir(config.journal.dataDir, env);
  const { store: deadLetters, outcomes: replays } = createDeadLetters({
    dataDir,
    config: config.journal,
    journal: () => journal,
    ledger,
    events,
    clock,
  });
  let { routing } = config.process;
  const routed = { routing: () => routing, errorLogs: config.rollbar.errorLogs === 'on' };
  const journalEvents = createJournalEvents({ ledger, events, deliveries, ...routed, replays, turnOn });
  const kafkaEvents = createKafkaEvents({ ledger, events, deliveries, replays, log });
  const isFleet = config.kafka.journal === 'kafka';
  const { role } = config.kafka;
  const pool = createBufferPool(IDLE_BUFFER_BYTES);
  const release = `sidecast ${version}`;
  const kept = {
    ...config.journal,
    dataDir,
    release,
    destinations: known,
    clock,
    events: journalEvents,
    pool,
  };
  // Of those that are on: the journal keeps a cursor of Honeycomb in any case.
  const isBehind = () => [...deliveries.keys()].some((id) => journal.backlog(id).bytes > BEHIND_BYTES);
  const keepMemory = createMemoryKeeper(isBehind);
  const { journal, fallback } = await openAppJournal(config.kafka, kept, kafkaEvents, keepMemory);
  if (fallback) events.journalInMemory(dataDir, fallback);
  journalEvents.attach(journal);
  await journal.start();

  const outgoing = createOutgoing({ config, env, version, clock, events });
  reportLedger(ledger, events);
  const correlation = buildCorrelation({ config, ...routed, dataDir: journal.dir, events, clock });
  const sampling = buildSampling({
    config,
    aws: off['aws-xray'] && role !== 'receive' ? undefined : outgoing.aws,
    dataDir: journal.dir,
    clock,
    random,
    log,
  });
  const reported = { config: config.xray, xray: async () => (await outgoing.aws()).xray, ledger, clock };
  const telemetry = off['aws-xray'] ? [] : [createTelemetry(reported)];
  const recentLogs = new RecentLogs();
  const { processors, advice, redaction } = createProcessors({ config, off, sampling, log, clock });
  const onError = (where: string) => (error: Error) => events.internalError(where, error);
  const listened = { ledger, destinations: known, clock, pool, onError: onError('recent') };
  const recent = createRecent({ ...config.recent, ...listened });
  const intake = buildWayIn({
    config,
    journal,
    ledger,
    known,
    routed,
    processors,
    correlation,
    recent,
    recentLogs: off.rollbar ? undefined : recentLogs,
    kafkaEvents,
  });
  const replay = createReplay({
    intake,
    marks: deadLetters.marks,
    outcomes: replays,
    ledger,
    off: (id) => off[id],
    clock,
    onEnd: (tallies) => events.deadLettersReplayed(tallies),
    onError: onError('replay'),
  });
  const watched = watchIntake(intake);
  const { otlp, xray } = buildReceivers({
    config,
    intake: watched.intake,
    sampling,
    keyRefOf: config.honeycomb.apiKey || isFleet ? undefined : appKeys.learn,
    onPoll: correlation.onPoll,
    tls,
    onNoTcp: mayLack.includes('xrayTcp') ? (error) => events.portUnavailable('xrayTcp', error) : undefined,
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
      deadLetters,
      ledger,
      off,
      xrayReceiver: () => xray.status(),
      sampling,
      routing: correlation.status,
      advice,
      redaction,
      now: () => clock.now(),
    });
  const admin = createPage({
    config,
    ledger,
    journal,
    recent,
    deliveries,
    exporters,
    clock,
    tls,
    idsOf: correlation.idsOf,
    redacted: redaction.counts,
    onBug: (error) => events.internalError('the admin port', error),
    isReady: () => isReady,
    status,
    deadLetters: { store: deadLetters, replay, now: () => clock.now() },
    doctor: createDoctor({ config, version, status, watched, outgoing, ledger, clock, exporters }),
    onSkippedHost: (host) =>
      log('info', 'address_skipped', 'this machine lacks the address family', { host }),
  });
  const watches: Component[] = [];
  const started: Component[] = [];
  const start = async (component: Component) => {
    started.push(component);
    await component.start();
  };
  const startIfPossible = async (listener: 'otlp' | 'admin', component: Component) => {
    try {
      await start(component);
    } catch (error) {
      if (!mayLack.includes(listener)) throw error;
      events.portUnavailable(listener, error as Error);
    }
  };
  try {
    // What SDKs send unasked comes first: nothing waits for a region, for credentials or for a vendor's library.
    const firsts = [correlation, deadLetters, sampling, ...telemetry, ...(role === 'deliver' ? [] : [xray])];
    for (const component of firsts) await start(component);
    outgoing.begin();
    const decoder = createDecoder(config.xrayReceiver);
    const { choosers, idsOf } = correlation;
    const parts = { config, version, clock, random, decoder, recentLogs, appKeys, idsOf, ...outgoing };
    const accounts = { keepMemory, journal, ledger, deadLetters, events, choosers };
    await switches.deliverBy(async (id) => {
      const destination = registry.find((row) => row.id === id);
      if (!destination) return;
      const { exporter, delivery, watch } = await buildDestination(destination, { ...parts, ...accounts });
      deliveries.set(id, delivery);
      exporters.set(id, exporter);
      watches.push(...watch);
      for (const component of [delivery, ...watch]) await start(component);
    });
    if (role !== 'deliver') await startIfPossible('otlp', otlp);
    await startIfPossible('admin', admin);
  } catch (error) {
    const now = AbortSignal.abort();
    for (const component of started.toReversed()) await component.shutdown(now);
    await journal.shutdown(now);
    throw error;
  }
  listening = {
    otlp: otlp.addresses(),
    xrayUdp: xray.addresses().udp,
    xrayTcp: xray.addresses().tcp,
    admin: admin.addresses(),
    ...(tls.listeners.length > 0 ? { tls: tls.listeners } : {}),
  };
  // Without sampling rules the SDKs fall back on their own: that is not all that was asked for.
  isReady = role === 'deliver' || listening.xrayTcp.length > 0;

  let stopping: Promise<void> | undefined;
  return {
    listening,
    off,
    journal: { mode: journal.mode, dir: journal.dir },
    status,
    renewCertificate: tls.renew,
    applyRules(renewed) {
      routing = renewed.process.routing;
      correlation.applyRules(renewed);
      redaction.apply(renewed.redact);
    },
    shutdown(signal) {
      isReady = false;
      events.shutdown(signal);
      stopping ??= shutDown({
        timeoutMs: config.process.shutdownTimeoutMs,
        receivers: [otlp, xray],
        // What the SDKs counted is delivered to AWS as well.
        deliveries: [...deliveries.values(), sampling],
        journal,
        after: [
          { shutdown: () => replays.flush() },
          deadLetters,
          correlation,
          admin,
          ...watches,
          ...telemetry,
          { shutdown: () => outgoing.close() },
          { shutdown: redaction.end },
        ],
      }).then(() => {
        const left = known
          .map((id) => [id, ledger.account(id)?.counts.queued ?? 0] as const)
          .filter(([, queued]) => queued > 0);
        events.stopped(Object.fromEntries(left), journalEvents.lost);
      });
      return stopping;
    },
  };
}
