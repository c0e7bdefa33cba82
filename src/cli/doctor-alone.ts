// Part of cli/doctor: without a sidecast that runs, one is started for the questions: on ports and with a journal that nobody else has.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../admin/api/doctor.ts';
import { type App, startApp } from '../app/app.ts';
import { daysOf } from '../app/doctor/destination.ts';
import type { AppConfig } from '../app/options.ts';
import { systemClock } from '../model/clock.ts';
import { DESTINATION_NAMES } from '../model/signals.ts';
import type { CommandLine } from './command-line.ts';
import type { OptionsOf } from './commands.ts';
import type { Edge } from './edge.ts';

const TEST_TRACE = 'test trace';

export async function withPipeline(
  edge: Edge,
  { config, env }: CommandLine<OptionsOf<'doctor'>>,
  asked: (url: URL) => Promise<readonly Finding[] | undefined>,
): Promise<readonly Finding[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sidecast-doctor-'));
  let app: App | undefined;
  try {
    app = await startApp({
      config: apart(config, dataDir),
      env,
      version: edge.version,
      log: () => undefined,
      clock: systemClock,
      random: Math.random,
    });
    const url = new URL(`http://${app.listening.admin[0]}`);
    url.password = config.listeners.adminToken?.reveal() ?? '';
    // Its receivers and its journal are nobody's.
    return ((await asked(url)) ?? [])
      .filter(({ about, step }) => !isOfItself(about) || step === TEST_TRACE)
      .map((finding) => asOfNobody(finding, config.journal.maxAgeMs));
  } catch (error) {
    return [couldNotStart(error as Error)];
  } finally {
    await app?.shutdown('doctor');
    await rm(dataDir, { recursive: true, force: true });
  }
}

const isOfItself = (about: Finding['about']) => about === 'receivers' || about === 'journal';

/** The journal ends with the pipeline: what is said to wait in it waits nowhere. */
function asOfNobody(finding: Finding, maxAgeMs: number): Finding {
  const { about, step, status } = finding;
  if (!(about in DESTINATION_NAMES)) return finding;
  if (step === TEST_TRACE && status === 'skipped')
    return { ...finding, what: 'not sent there: ask again when the above is mended' };
  if (status !== 'failed') return finding;
  const name = DESTINATION_NAMES[about as keyof typeof DESTINATION_NAMES];
  const data = `nothing of yours is concerned: a sidecast that runs keeps what is for ${name} for ${daysOf(maxAgeMs)} at most`;
  return { ...finding, data };
}

function apart(config: AppConfig, dataDir: string): AppConfig {
  const listeners = {
    ...config.listeners,
    hosts: ['127.0.0.1'],
    otlpPort: 0,
    xrayPort: 0,
    adminPort: 0,
    xrayUdp: undefined,
    xrayTcp: undefined,
  };
  return {
    ...config,
    listeners,
    tls: { ...config.tls, certFile: undefined, keyFile: undefined },
    journal: { ...config.journal, dataDir },
    // Or it would take its share of what others are to deliver.
    kafka: { ...config.kafka, journal: 'disk' },
    process: { ...config.process, shutdownTimeoutMs: 2_000 },
  };
}

function couldNotStart(error: Error): Finding {
  return {
    about: 'configuration',
    step: 'start',
    status: 'failed',
    what: `no pipeline could be started: ${error.message}`,
    data: 'nothing was sent',
    fix: 'Mend that; sidecast run fails alike.',
  };
}
