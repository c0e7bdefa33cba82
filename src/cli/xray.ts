// Part of cli: `xray`: sidecast in the place of the X-Ray daemon, with its command line, its log and its exit codes.
import { startApp } from '../app/app.ts';
import { type AppConfig, optionGroups } from '../app/options.ts';
import { loadConfig, processSources, type Sources } from '../config/load.ts';
import { type Problem, renderProblem } from '../config/problems.ts';
import { systemClock } from '../model/clock.ts';
import { createEvents } from '../telemetry/events.ts';
import { createLogger, type LogLine } from '../telemetry/logger.ts';
import { inGoWords } from '../telemetry/xray-lines.ts';
import type { Edge } from './edge.ts';
import { openLog } from './log.ts';
import { daemonVersion, type Presets, readXRayCommand } from './xray-command-line.ts';

const EXIT_CLEAN = 0;
const EXIT_COULD_NOT_START = 1;

/** Runs until a signal; resolves with the exit code. */
export async function xray(edge: Edge): Promise<number> {
  const command = readXRayCommand(edge.flags, edge.version);
  if (command.do === 'print') {
    if (command.stderr) edge.stderr(command.stderr);
    edge.stdout(command.stdout);
    return command.exitCode;
  }
  const { config, env, problems } = configure(command.preset);
  const { line: log } = openLog(config.process, 'xray');
  const refuse = (message: string, to = log) => {
    to('error', 'not_started', message);
    return EXIT_COULD_NOT_START;
  };
  if (command.do === 'refuse') {
    if (command.to === 'stderr') refuse(command.message, stderrLog(edge));
    return command.to === 'log' || config.process.logFile ? refuse(command.message) : EXIT_COULD_NOT_START;
  }
  const [problem] = problems;
  if (problem) return refuse(inDaemonsWords(problem));

  const version = daemonVersion(edge.version);
  log('info', 'starting', 'sidecast takes the place of the X-Ray daemon', { version });
  for (const notice of command.notices) log('warn', 'command_line', notice);
  const app = await startApp({
    config,
    env,
    version: edge.version,
    log,
    clock: systemClock,
    random: Math.random,
    // Segments come by UDP: whatever else cannot be had must not stop them.
    mayLack: ['xrayTcp', 'otlp', 'admin'],
  }).catch((error: Error) => error);
  if (app instanceof Error) return refuse(inGoWords(app));
  const { receivers } = await app.status();
  log('info', 'receive_buffer', 'datagrams wait in the receive buffer', {
    askedBytes: config.xrayReceiver.receiveBufferBytes,
    bytes: receivers['aws-xray'].receiveBufferBytes,
  });
  createEvents(log, () => systemClock.now()).listening(app.listening);
  await app.shutdown(await edge.signal);
  return EXIT_CLEAN;
}

interface Configured {
  config: AppConfig;
  env: NonNullable<Sources['env']>;
  problems: readonly Problem[];
}

/** All our options work too; three of them have other defaults here, because this is where segments are expected. */
function configure(preset: Presets): Configured {
  const sources = processSources([]);
  const { env = {} } = sources;
  // To the daemon this variable is not another name of AWS_REGION: it is asked last, after the metadata.
  const asked = { ...env, AWS_DEFAULT_REGION: undefined };
  const { values, problems } = loadConfig(optionGroups, { ...sources, env: asked, preset });
  const everywhere = { hosts: ['0.0.0.0', '::'], port: values.listeners.xrayPort };
  const { xrayUdp = everywhere, xrayTcp = everywhere } = values.listeners;
  const use = values.xray.use === 'auto' ? 'on' : values.xray.use;
  const config = {
    ...values,
    listeners: { ...values.listeners, xrayUdp, xrayTcp },
    xray: { ...values.xray, use },
  } as const;
  return { config, env, problems };
}

/** What the daemon finds wrong before it has a log; it is in the log's file as well, where one is named. */
function stderrLog(edge: Edge): LogLine {
  const destination = { write: (line: string) => edge.stderr(line.trimEnd()) };
  return createLogger({ level: 'error', format: 'xray', destination });
}

/** An address is complained of in Go's words already. */
function inDaemonsWords(problem: Problem): string {
  if (problem.option === 'SIDECAST_PROXY') return `Bad proxy URL: ${renderProblem(problem)}`;
  return /^SIDECAST_XRAY_(UDP|TCP)_ADDRESS$/.test(problem.option) ? problem.message : renderProblem(problem);
}
