// Part of the chaos tests: one sidecast with four destinations, one of which can be broken and mended, under measured load.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { type Sandbox, sandboxSettings, startSandbox } from '../../../src/sandbox/index.ts';
import { type Sidecast, startSidecast } from '../../support/sidecast.ts';
import { type SpanLoad, startSpanLoad } from '../../support/span-load.ts';
import { selfSigned } from './certificate.ts';
import { openDoor, openTlsDoor } from './door.ts';
import type { Trouble } from './faults.ts';

const SABOTAGE = join(import.meta.dirname, '..', '..', 'support', 'sabotage.mjs');
/** Every trace has an exception: some 600 a second at Rollbar, twice as many spans and log events at the others. */
const LOAD = { senders: 1, pauseMs: 12, tracesPerRequest: 10, failEvery: 1 };

export interface Bench {
  sandbox: Sandbox;
  sidecast: Sidecast;
  load: SpanLoad;
  /** The trouble begins. */
  break(): Promise<void>;
  mend(): Promise<void>;
  /** Of the items that are sent from here to `stopMeasuring`: how many were sent and how long those took that have arrived. */
  startMeasuring(): void;
  stopMeasuring(): void;
  sent(id: DestinationId): number;
  latenciesMs(id: DestinationId): readonly number[];
  close(): Promise<void>;
}

/** How the trouble is made and ended, and where its destination is reached. */
interface Switch {
  /** Where the destination is reached instead of at the sandbox. */
  url?: string;
  settings?: Readonly<Record<string, string>>;
  break(): Promise<void>;
  mend(): Promise<void>;
  close?(): Promise<void>;
}

export async function startBench(
  trouble: Trouble | undefined,
  destination: DestinationId | undefined,
): Promise<Bench> {
  const sentAtMs = new Map<string, number>();
  const sent = perDestination(() => 0);
  const latencies = perDestination<number[]>(() => []);
  let isMeasuring = false;
  let onNextSend: ((ids: SpanLoad['sent']) => void) | undefined;
  const key = (id: DestinationId, item: string) => `${id} ${item}`;

  const sandbox = await startSandbox({
    onItem(id, item) {
      const startedMs = sentAtMs.get(key(id, item));
      if (startedMs === undefined) return;
      latencies[id].push(performance.now() - startedMs);
      sentAtMs.delete(key(id, item));
    },
  });
  let sidecast: Sidecast | undefined;
  const toggle = await switchFor(trouble, destination, sandbox, {
    tell: (message) => void sidecast?.tell(message),
    onNextSend: (run) => {
      onNextSend = run;
    },
  });
  const running = await startSidecast(
    {
      ...sandboxSettings(sandbox.url),
      ...(toggle.url && destination ? endpointSetting(destination, toggle.url) : {}),
      ...toggle.settings,
      SIDECAST_ROUTING: 'all',
    },
    { preload: SABOTAGE },
  );
  sidecast = running;
  const load = startSpanLoad(running.otlpUrl, {
    ...LOAD,
    onSend(ids) {
      onNextSend?.(ids);
      onNextSend = undefined;
      if (!isMeasuring) return;
      for (const id of DESTINATION_IDS) {
        sent[id] += ids[id].length;
        for (const item of ids[id]) sentAtMs.set(key(id, item), performance.now());
      }
    },
  });
  return {
    sandbox,
    sidecast: running,
    load,
    break: toggle.break,
    mend: toggle.mend,
    startMeasuring: () => {
      isMeasuring = true;
    },
    stopMeasuring: () => {
      isMeasuring = false;
    },
    sent: (id) => sent[id],
    latenciesMs: (id) => latencies[id],
    async close() {
      await load.stop();
      await running.stop();
      await toggle.close?.();
      await sandbox.close();
    },
  };
}

interface Levers {
  tell(message: object): void;
  onNextSend(run: (ids: SpanLoad['sent']) => void): void;
}

async function switchFor(
  trouble: Trouble | undefined,
  destination: DestinationId | undefined,
  sandbox: Sandbox,
  { tell, onNextSend }: Levers,
): Promise<Switch> {
  const nothing = async () => undefined;
  if (!trouble || !destination) return { break: nothing, mend: nothing };
  const mend = async () => sandbox.setFault(destination, { kind: 'none' });
  switch (trouble.at) {
    case 'vendor':
      return { break: async () => sandbox.setFault(destination, trouble.fault(Date.now())), mend };
    case 'item': {
      const poison = (ids: SpanLoad['sent']) =>
        sandbox.setFault(destination, {
          kind: 'poison',
          itemId: ids[destination][0] ?? '',
          status: trouble.status,
        });
      return { break: async () => onNextSend(poison), mend };
    }
    case 'connection': {
      const door = await openDoor(sandbox.port);
      return {
        url: `http://127.0.0.1:${door.port}`,
        break: door.shut,
        mend: door.open,
        close: door.close,
      };
    }
    case 'name': {
      const url = `http://vendor.sidecast.invalid:${sandbox.port}`;
      return {
        url,
        break: async () => {
          tell({ names: 'unknown' });
          // A connection that is open needs no name.
          sandbox.setFault(destination, { kind: 'reset' });
        },
        mend: async () => {
          tell({ names: null });
          await mend();
        },
      };
    }
    case 'certificate': {
      const [trusted, strange] = [selfSigned('trusted'), selfSigned('strange')];
      const door = await openTlsDoor(sandbox.port, trusted);
      const dir = mkdtempSync(join(tmpdir(), 'sidecast-test-'));
      const path = join(dir, 'trusted.pem');
      writeFileSync(path, trusted.cert);
      return {
        url: `https://127.0.0.1:${door.port}`,
        settings: { NODE_EXTRA_CA_CERTS: path },
        break: async () => door.show(strange),
        mend: async () => door.show(trusted),
        async close() {
          await door.close();
          rmSync(dir, { recursive: true });
        },
      };
    }
  }
}

function endpointSetting(destination: DestinationId, url: string): Record<string, string> {
  switch (destination) {
    case 'honeycomb':
      return { HONEYCOMB_API_ENDPOINT: url };
    case 'aws-xray':
      return { AWS_ENDPOINT_URL_XRAY: url };
    case 'aws-cloudwatch-logs':
      return { AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: url };
    case 'rollbar':
      return { ROLLBAR_ENDPOINT: `${url}/api/1/item/` };
  }
}

const perDestination = <T>(of: (id: DestinationId) => T) =>
  Object.fromEntries(DESTINATION_IDS.map((id) => [id, of(id)])) as Record<DestinationId, T>;
