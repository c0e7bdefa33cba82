// Part of app: what the admin port shows of the running sidecast.
import { hostname } from 'node:os';
import { PipelineView } from '../admin/api/pipeline.ts';
import { type Admin, type AdminOptions, createAdmin } from '../admin/server.ts';
import type { IdsOf } from '../correlation/pairs.ts';
import type { Exporter } from '../delivery/exporter.ts';
import type { Delivery } from '../delivery/loop.ts';
import type { Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Clock } from '../model/clock.ts';
import type { DestinationId } from '../model/signals.ts';
import type { RedactionCounts } from '../processors/redact/counts.ts';
import type { Recent } from '../recent/recent.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import type { AppConfig } from './options.ts';
import type { Tls } from './tls.ts';
import { webDir } from './workers.ts';

export interface PageParts
  extends Pick<AdminOptions, 'status' | 'isReady' | 'onSkippedHost' | 'deadLetters' | 'doctor'> {
  config: AppConfig;
  ledger: Ledger;
  journal: Journal;
  recent: Recent;
  deliveries: ReadonlyMap<DestinationId, Delivery<unknown>>;
  exporters: ReadonlyMap<DestinationId, Exporter<unknown>>;
  clock: Clock;
  tls: Tls;
  idsOf: IdsOf;
  redacted(): RedactionCounts;
  onBug(error: Error): void;
}

export function createPage(parts: PageParts): Admin {
  const {
    config,
    ledger,
    journal,
    recent,
    deliveries,
    exporters,
    clock,
    idsOf,
    redacted,
    tls,
    onBug,
    ...rest
  } = parts;
  const { hosts, adminPort, adminHosts, adminToken } = config.listeners;
  const pipeline = new PipelineView({
    status: rest.status,
    journal,
    ledger,
    deadLetters: rest.deadLetters.store,
    recent,
    retryAtMs: (id) => deliveries.get(id)?.retryAtMs,
    clock,
  });
  const metrics = createMetrics({
    ledger,
    backlog: (id) => (ledger.account(id) ? journal.backlog(id) : undefined),
    redacted,
    kafka: journal.kafka?.bind(journal),
    now: () => clock.now(),
  });
  const admin = createAdmin({
    ...rest,
    hosts,
    port: adminPort,
    metrics,
    api: { recent, exporters, idsOf, status: rest.status, pipeline: () => pipeline.look(), clock, onBug },
    access: { hosts: adminHosts ?? [], token: adminToken, hostname: hostname() },
    tls: tls.of('admin'),
    web: webDir(),
  });
  return {
    ...admin,
    async start() {
      pipeline.start();
      await admin.start();
    },
    async shutdown(deadline) {
      pipeline.stop();
      await admin.shutdown(deadline);
    },
  };
}
