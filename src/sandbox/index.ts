// Part of the sandbox: starts stand-ins for the four vendors on one port. Fake keys only; production never starts it unasked.
import { type Clock, systemClock } from '../model/clock.ts';
import { DESTINATION_IDS, type DestinationId } from '../model/signals.ts';
import type { LogLine } from '../telemetry/logger.ts';
import { addApi } from './api.ts';
import { createCloudWatchLogs } from './aws-cloudwatch-logs/cloudwatch-logs.ts';
import { createXRay } from './aws-xray/xray.ts';
import { type Fault, FaultSwitch } from './faults.ts';
import { createHoneycomb } from './honeycomb/honeycomb.ts';
import { createRollbar } from './rollbar/rollbar.ts';
import { createServer } from './server.ts';
import { type AwsCredential, SANDBOX_AWS_CREDENTIAL } from './settings.ts';
import { type Audit, type Counts, Store } from './store.ts';
import { answerAsSts } from './sts.ts';

export type { Fault } from './faults.ts';
export {
  type AwsCredential,
  SANDBOX_AWS_CREDENTIAL,
  SANDBOX_HONEYCOMB_KEY,
  SANDBOX_LOG_GROUP,
  SANDBOX_REGION,
  SANDBOX_ROLLBAR_TOKEN,
  sandboxSettings,
} from './settings.ts';
export type { Audit, Counts } from './store.ts';
export {
  startTraffic,
  type Traffic,
  type TrafficOptions,
  type TrafficSignal,
  type TrafficSummary,
} from './traffic/traffic.ts';

export interface SandboxCredentials {
  /** Without them, every key of a shape that sends is known. */
  honeycombKeys?: readonly string[];
  /** `SANDBOX_AWS_CREDENTIAL` by default. */
  aws?: readonly AwsCredential[];
  /** Without them, every token of 32 hex digits is known. */
  rollbarTokens?: readonly string[];
}

export interface SandboxOptions {
  host?: string;
  /** 0, the default, picks a free one. */
  port?: number;
  credentials?: SandboxCredentials;
  /** Far above what a free account has, so that only tests meet it. */
  rollbarItemsPerMinute?: number;
  clock?: Clock;
  log?: LogLine;
  /** Called for every item that a destination takes, at the moment it is taken; log records that have a `log.id` go by that. */
  onItem?: (destination: DestinationId, id: string) => void;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  counts(): Record<DestinationId, Counts>;
  audit(destination: DestinationId, ids: readonly string[]): Audit;
  setFault(destination: DestinationId, fault: Fault): void;
  /** How many requests a `hang` or `slow` fault holds now. */
  waiting(destination: DestinationId): number;
  /** The last ones, oldest first; at most about 2,000 are kept. */
  items(destination: DestinationId, limit?: number): readonly unknown[];
  /** Forgets counts, ids and items. Log groups, faults and rate limits stay. */
  reset(): void;
  close(): Promise<void>;
}

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', port = 0, credentials = {}, clock = systemClock, log = () => {} } = options;
  const { aws = [SANDBOX_AWS_CREDENTIAL], honeycombKeys, rollbarTokens } = credentials;
  const { onItem = () => {} } = options;
  const stores = perDestination((id) => new Store((item) => onItem(id, item)));
  const faults = perDestination(() => new FaultSwitch());
  const app = createServer({
    vendors: [
      createHoneycomb(stores.honeycomb, honeycombKeys),
      createXRay(stores['aws-xray'], aws, clock),
      createCloudWatchLogs(stores['aws-cloudwatch-logs'], aws, clock),
      createRollbar(stores.rollbar, rollbarTokens, options.rollbarItemsPerMinute ?? 1_000_000, clock),
    ],
    stores,
    faults,
    otherwise: (request) => answerAsSts(request, aws, clock.now()),
    clock,
    log,
  });
  const books = {
    counts: () => perDestination((id) => stores[id].counts()),
    audit: (id: DestinationId, ids: readonly string[]) => stores[id].audit(ids),
    setFault: (id: DestinationId, fault: Fault) => faults[id].set(fault),
    waiting: (id: DestinationId) => faults[id].waiting,
    items: (id: DestinationId, limit?: number) => stores[id].items(limit),
    reset: () => {
      for (const store of Object.values(stores)) store.reset();
    },
  };
  addApi(app, books);
  await app.listen({ host, port });
  const address = app.server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    ...books,
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      for (const faultSwitch of Object.values(faults)) faultSwitch.set({ kind: 'none' });
      await app.close();
    },
  };
}

function perDestination<T>(create: (id: DestinationId) => T): Record<DestinationId, T> {
  const entries = DESTINATION_IDS.map((id) => [id, create(id)] as const);
  return Object.fromEntries(entries) as Record<DestinationId, T>;
}
