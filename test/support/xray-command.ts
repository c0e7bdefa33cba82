// Part of the tests: the command xray in this process, with an environment of its own, until it ends or is told to.
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { env } from 'node:process';
import { vi } from 'vitest';
import type { Status } from '../../src/admin/status.ts';
import { xray } from '../../src/cli/xray.ts';
import { eventually } from './app.ts';
import { temporaryDir } from './records.ts';
import { typing } from './typed.ts';

export interface XRayRun {
  /** The exit code. */
  ended: Promise<number>;
  stdout: readonly string[];
  stderr: readonly string[];
  /** What it logged so far, without the times. */
  log(): string[];
  /** Resolves with the whole log once a line has this in it. */
  logged(text: string): Promise<string[]>;
  adminUrl(): Promise<string>;
  status(): Promise<Status>;
  /** As by SIGTERM; resolves with the exit code. */
  stop(): Promise<number>;
}

/** Its log goes to a file by a flag in front of `args`. Nothing of this machine's settings for AWS or sidecast reaches it. */
export async function runXRay(
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<XRayRun> {
  const dir = await temporaryDir();
  const file = join(dir.path, 'xray.log');
  for (const name of Object.keys(env))
    if (/^(AWS_(?!SDK_)|SIDECAST_|ECS_|HTTPS?_PROXY|https?_proxy)/.test(name)) vi.stubEnv(name, undefined);
  const usual = {
    HOME: dir.path,
    AWS_EC2_METADATA_DISABLED: 'true',
    SIDECAST_DATA_DIR: 'memory',
    SIDECAST_OTLP_PORT: '0',
    SIDECAST_ADMIN_PORT: '0',
    SIDECAST_SHUTDOWN_TIMEOUT: '2s',
  };
  for (const [name, value] of Object.entries({ ...usual, ...settings })) vi.stubEnv(name, value);

  const { out: stdout, err: stderr, ended, signal } = typing(xray, ['-f', file, ...args]);
  let atTheEnd: string[] | undefined;
  const read = () => (existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []);
  const log = () => atTheEnd ?? read().map((line) => line.replace(/^\S+ /, ''));
  const logged = (text: string) => eventually(log, (lines) => lines.some((line) => line.includes(text)));
  const adminUrl = async () => {
    const line = (await logged('page on')).find((one) => one.includes('page on'));
    return `http://${/page on (\S+)/.exec(line ?? '')?.[1]}`;
  };
  return {
    ended,
    stdout,
    stderr,
    log,
    logged,
    adminUrl,
    status: async () => (await (await fetch(`${await adminUrl()}/status`)).json()) as Status,
    async stop() {
      signal('SIGTERM');
      const code = await ended;
      atTheEnd = log();
      vi.unstubAllEnvs();
      await dir.remove();
      return code;
    },
  };
}

/** A server on loopback; `port` and what closes it. */
export async function serve(listener: RequestListener): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
