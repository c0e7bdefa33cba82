// Part of the tests: the built program as a process of its own, that can be killed and started again on the same data and ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Status } from '../../src/admin/status.ts';
import type { Listening } from '../../src/telemetry/events.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const HOST = '127.0.0.1';

export interface Sidecast {
  readonly otlpUrl: string;
  readonly otlpPort: number;
  readonly adminUrl: string;
  /** Of UDP and TCP. */
  readonly xrayPort: number;
  /** What it wrote to standard error since the first start. */
  readonly logs: readonly string[];
  status(): Promise<Status>;
  /** Resolves once the process is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

/** Nothing of this process's environment but PATH reaches it. */
export async function startSidecast(settings: Readonly<Record<string, string>>): Promise<Sidecast> {
  if (!existsSync(MAIN)) throw new Error('dist/main.js is missing: npm run build');
  const dataDir = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
  const logs: string[] = [];
  const start = (ports: Readonly<Record<string, string>>) =>
    startProcess(
      {
        PATH: env['PATH'] ?? '',
        AWS_EC2_METADATA_DISABLED: 'true',
        SIDECAST_HOST: HOST,
        SIDECAST_DATA_DIR: dataDir,
        SIDECAST_LOG_FORMAT: 'json',
        ...settings,
        ...ports,
      },
      logs,
    );
  let running = await start({ SIDECAST_OTLP_PORT: '0', SIDECAST_XRAY_PORT: '0', SIDECAST_ADMIN_PORT: '0' });
  const { listening } = running;
  const [otlpPort, xrayPort, adminPort] = [
    portOf(listening.otlp),
    portOf(listening.xrayUdp),
    portOf(listening.admin),
  ];
  const kill = async (signal: NodeJS.Signals) => {
    running.child.kill(signal);
    await running.exited;
  };
  return {
    otlpUrl: `http://${HOST}:${otlpPort}`,
    otlpPort,
    adminUrl: `http://${HOST}:${adminPort}`,
    xrayPort,
    logs,
    async status() {
      return (await (await fetch(`http://${HOST}:${adminPort}/status`)).json()) as Status;
    },
    kill,
    async restart() {
      running = await start({
        SIDECAST_OTLP_PORT: String(otlpPort),
        SIDECAST_XRAY_PORT: String(xrayPort),
        SIDECAST_ADMIN_PORT: String(adminPort),
      });
    },
    async stop() {
      await kill('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

interface Running {
  child: ChildProcess;
  exited: Promise<void>;
  listening: Listening;
}

async function startProcess(settings: Readonly<Record<string, string>>, logs: string[]): Promise<Running> {
  const child = spawn(execPath, [MAIN, 'run'], { env: settings, stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const listening = new Promise<Listening>((resolve) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      logs.push(line);
      if (line.includes('"event":"listening"')) resolve(JSON.parse(line) as Listening);
    });
  });
  const failed = exited.then(() => {
    throw new Error(`sidecast ended before it listened:\n${logs.slice(-20).join('\n')}`);
  });
  failed.catch(() => undefined);
  return { child, exited, listening: await Promise.race([listening, failed]) };
}

const portOf = (addresses: readonly string[]) => Number(addresses[0]?.split(':').at(-1));
