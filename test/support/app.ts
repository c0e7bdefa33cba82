// Part of the tests: the whole program in this process, on free ports, with the sandbox as its vendors.
import { env } from 'node:process';
import { type App, startApp } from '../../src/app/app.ts';
import { optionGroups } from '../../src/app/options.ts';
import { loadConfig } from '../../src/config/load.ts';
import { renderProblem } from '../../src/config/problems.ts';
import { systemClock } from '../../src/model/clock.ts';
import { type Sandbox, sandboxSettings } from '../../src/sandbox/index.ts';

export interface TestApp extends App {
  otlpUrl: string;
  adminUrl: string;
  xrayPort: number;
  logs: readonly Record<string, unknown>[];
}

export async function startTestApp(
  settings: Readonly<Record<string, string>>,
  dataDir = 'memory',
): Promise<TestApp> {
  useAwsKeys(settings);
  const { values: config, problems } = loadConfig(optionGroups, {
    env: {
      SIDECAST_HOST: '127.0.0.1',
      SIDECAST_OTLP_PORT: '0',
      SIDECAST_XRAY_PORT: '0',
      SIDECAST_ADMIN_PORT: '0',
      SIDECAST_DATA_DIR: dataDir,
      // Tests of routing say otherwise: copies would wait ten seconds to be told apart.
      SIDECAST_ROUTING: 'all',
      // Shared out as a longer one would be: every test waits for half of it at its end.
      SIDECAST_SHUTDOWN_TIMEOUT: '600ms',
      ...settings,
    },
  });
  if (problems.length > 0) throw new Error(problems.map(renderProblem).join('\n'));
  const logs: Record<string, unknown>[] = [];
  const app = await startApp({
    config,
    env: {},
    version: 'test',
    log: (level, event, msg, fields) => void logs.push({ level, event, msg, ...fields }),
    clock: systemClock,
    random: Math.random,
  });
  return {
    ...app,
    otlpUrl: `http://${app.listening.otlp[0]}`,
    adminUrl: `http://${app.listening.admin[0]}`,
    xrayPort: Number(app.listening.xrayUdp[0]?.split(':').at(-1)),
    logs,
  };
}

/** The AWS SDK reads its credentials from the process's own environment. */
export function useAwsKeys(settings: Readonly<Record<string, string>>): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'])
    if (settings[name]) env[name] = settings[name];
  env['AWS_EC2_METADATA_DISABLED'] = 'true';
}

export const settingsOf = (sandbox: Sandbox) => sandboxSettings(sandbox.url);

/** Polls where there is no event to await: what is looked at is another process's or vendor's state. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
  withinMs = 15_000,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > deadlineMs)
      throw new Error(`never held: ${JSON.stringify(value)?.slice(0, 2000)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
