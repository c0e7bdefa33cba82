// Part of the tests: the built program as a process of its own, that can be killed and started again on the same data and ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env, execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Status } from '../../src/admin/status.ts';
import type { Listening } from '../../src/telemetry/events.ts';

/** SIDECAST_MAIN: another build, for instance that of a commit. */
const MAIN = env['SIDECAST_MAIN'] ?? join(import.meta.dirname, '..', '..', 'dist', 'main.js');
const HOST = '127.0.0.1';

export interface SidecastOptions {
  /** A module that is loaded before the program: see sabotage.mjs. */
  preload?: string;
  /** What starts Node, if not the one that runs the tests: a program and its first words. */
  node?: readonly string[];
}

/** How a process ended: by itself or by a signal. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Sidecast {
  readonly otlpUrl: string;
  readonly otlpPort: number;
  readonly adminUrl: string;
  /** Of UDP and TCP. */
  readonly xrayPort: number;
  readonly dataDir: string;
  /** Of the process that runs now. */
  readonly pid: number;
  /** What it wrote to standard error since the first start. */
  readonly logs: readonly string[];
  status(): Promise<Status>;
  /** Resolves once the process is gone. */
  kill(signal: NodeJS.Signals): Promise<Ended>;
  /** Sends a signal and goes on: `ended` tells the rest. */
  signal(signal: NodeJS.Signals): void;
  ended(): Promise<Ended>;
  /** To the preloaded module. Resolves when it knows. */
  tell(message: object): Promise<void>;
  /** After `kill`. Resolves when it listens; a signal may come before. */
  restart(): Promise<void>;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

/** Nothing of this process's environment but PATH reaches it. */
export async function startSidecast(
  settings: Readonly<Record<string, string>>,
  options: SidecastOptions = {},
): Promise<Sidecast> {
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
        // Tests of routing say otherwise: copies would wait ten seconds to be told apart.
        SIDECAST_ROUTING: 'all',
        ...settings,
        ...ports,
      },
      logs,
      options,
    );
  let running = start(somePorts());
  const listening = await running.listening.catch((error: Error) => {
    if (!error.message.includes('EADDRINUSE')) throw error;
    running = start(somePorts());
    return running.listening;
  });
  const [otlpPort, xrayPort, adminPort] = [
    portOf(listening.otlp),
    portOf(listening.xrayUdp),
    portOf(listening.admin),
  ];
  const kill = (signal: NodeJS.Signals) => {
    running.child.kill(signal);
    return running.exited;
  };
  return {
    otlpUrl: `http://${HOST}:${otlpPort}`,
    otlpPort,
    adminUrl: `http://${HOST}:${adminPort}`,
    xrayPort,
    dataDir,
    get pid() {
      return running.child.pid ?? 0;
    },
    logs,
    signal: (signal) => void running.child.kill(signal),
    ended: () => running.exited,
    async tell(message) {
      const told = once(running.child, 'message');
      running.child.send(message);
      await Promise.race([told, running.exited]);
    },
    async status() {
      return (await (await fetch(`http://${HOST}:${adminPort}/status`)).json()) as Status;
    },
    kill,
    async restart() {
      running = start({
        SIDECAST_OTLP_PORT: String(otlpPort),
        SIDECAST_XRAY_PORT: String(xrayPort),
        SIDECAST_ADMIN_PORT: String(adminPort),
      });
      await running.listening;
    },
    async stop() {
      await kill('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/**
 * Below those that the kernel gives away (Linux: 32768 and up), so that nobody has them while a process that had them is down, and above
 * 10080, to which fetch() does not go (Fetch, "bad port").
 */
function somePorts(): Readonly<Record<string, string>> {
  const first = 10_100 + 3 * Math.floor(Math.random() * 7000);
  return {
    SIDECAST_OTLP_PORT: String(first),
    SIDECAST_XRAY_PORT: String(first + 1),
    SIDECAST_ADMIN_PORT: String(first + 2),
  };
}

interface Running {
  child: ChildProcess;
  exited: Promise<Ended>;
  /** Rejects when the process ends before. */
  listening: Promise<Listening>;
}

function startProcess(
  settings: Readonly<Record<string, string>>,
  logs: string[],
  { preload, node = [execPath] }: SidecastOptions,
): Running {
  const [program = '', ...words] = node;
  const child = spawn(program, [...words, ...(preload ? ['--import', preload] : []), MAIN, 'run'], {
    env: settings,
    stdio: ['ignore', 'ignore', 'pipe', ...(preload ? (['ipc'] as const) : [])],
  });
  const exited = new Promise<Ended>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal })),
  );
  const listens = new Promise<Listening>((resolve) => {
    createInterface({ input: child.stderr as Readable }).on('line', (line) => {
      logs.push(line);
      if (line.includes('"event":"listening"')) resolve(JSON.parse(line) as Listening);
    });
  });
  const failed = exited.then(() => {
    throw new Error(`sidecast ended before it listened:\n${logs.slice(-20).join('\n')}`);
  });
  const listening = Promise.race([listens, failed]);
  listening.catch(() => undefined);
  return { child, exited, listening };
}

/** 0 where nothing listens: the next start picks none either. */
const portOf = (addresses: readonly string[]) => Number(addresses[0]?.split(':').at(-1) ?? 0);
