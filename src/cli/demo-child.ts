// Part of cli: sidecast as a child process of the demo, with nothing of the user's environment but PATH.
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import type { Status } from '../admin/status.ts';
import { searchPath } from '../config/load.ts';
import { createHttpClient } from '../http/index.ts';
import { systemClock } from '../model/clock.ts';
import type { Listening } from '../telemetry/events.ts';
import type { Edge } from './edge.ts';

export interface Child {
  adminUrl: string;
  otlpUrl: string;
  xrayHost: string;
  xrayPort: number;
  /** Ports that were taken. */
  notices: readonly string[];
  ended: Promise<void>;
  hasEnded(): boolean;
  status(): Promise<Status>;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';
const STATUS_TIMEOUT_MS = 2000;

export async function startChild(edge: Edge, vendors: Readonly<Record<string, string>>): Promise<Child> {
  const notices: string[] = [];
  const choose = async (wanted: number, isFree: boolean): Promise<string> => {
    if (!isFree) notices.push(`Port ${wanted} is taken: a free one is used instead.`);
    return isFree ? String(wanted) : '0';
  };
  const dataDir = await mkdtemp(join(tmpdir(), 'sidecast-demo-'));
  const env = {
    PATH: searchPath(),
    ...vendors,
    AWS_EC2_METADATA_DISABLED: 'true',
    SIDECAST_HOST: HOST,
    SIDECAST_DATA_DIR: dataDir,
    SIDECAST_LOG_LEVEL: 'warn',
    SIDECAST_LOG_FORMAT: 'json',
    SIDECAST_OTLP_PORT: await choose(4318, await isTcpFree(4318)),
    SIDECAST_XRAY_PORT: await choose(2000, (await isTcpFree(2000)) && (await isUdpFree(2000))),
    SIDECAST_ADMIN_PORT: await choose(4319, await isTcpFree(4319)),
  };
  // A group of its own: Ctrl-C is for the demo, which then stops the child in its own time.
  const child = spawn(execPath, [edge.program, 'run'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let isOver = false;
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      isOver = true;
      resolve();
    });
  });
  const http = createHttpClient({ connections: 2, clock: systemClock, proxies: {} });
  const stop = async () => {
    if (!isOver) child.kill('SIGTERM');
    await ended;
    await http.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    const listening = await untilListening(child, ended, (line) => edge.stderr(line));
    const [xrayHost = HOST, xrayPort = '2000'] = (listening.xrayUdp[0] ?? '').split(':');
    const adminUrl = `http://${listening.admin[0]}`;
    return {
      adminUrl,
      otlpUrl: `http://${listening.otlp[0]}`,
      xrayHost,
      xrayPort: Number(xrayPort),
      notices,
      ended,
      hasEnded: () => isOver,
      async status() {
        const answer = await http.request({
          method: 'GET',
          url: new URL('/status', adminUrl),
          headers: {},
          timeoutMs: STATUS_TIMEOUT_MS,
        });
        return JSON.parse(Buffer.from(answer.body).toString('utf8')) as Status;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilListening(
  child: ChildProcess,
  ended: Promise<void>,
  show: (line: string) => void,
): Promise<Listening> {
  const { stderr } = child;
  if (!stderr) throw new Error('the child has no standard error');
  const listening = new Promise<Listening>((resolve) => {
    createInterface({ input: stderr }).on('line', (line) => {
      const where = parseListening(line);
      if (where) resolve(where);
      else show(line);
    });
  });
  const failed = ended.then(() => {
    throw new Error('sidecast ended before it listened');
  });
  failed.catch(() => undefined);
  return Promise.race([listening, failed]);
}

function parseListening(line: string): Listening | undefined {
  if (!line.includes('"event":"listening"')) return undefined;
  return JSON.parse(line) as Listening;
}

function isTcpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });
}

function isUdpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind(port, HOST, () => socket.close(() => resolve(true)));
  });
}
