// Part of cli: `sidecast run`, the default.
import { type App, startApp } from '../app/app.ts';
import { configuredBy, onBecause, renderBanner } from '../app/banner.ts';
import { optionGroups } from '../app/options.ts';
import { loadConfig, processSources } from '../config/load.ts';
import { renderProblem } from '../config/problems.ts';
import { systemClock } from '../model/clock.ts';
import { createEvents } from '../telemetry/events.ts';
import type { Edge } from './edge.ts';
import { openLog } from './log.ts';
import { createReload } from './reload.ts';

const EXIT_CLEAN = 0;
const EXIT_COULD_NOT_START = 1;
const EXIT_BAD_USAGE = 2;

/** Runs until a signal; resolves with the exit code. */
export async function run(edge: Edge): Promise<number> {
  const sources = processSources(edge.flags);
  const { values: config, effective, problems, doubts } = loadConfig(optionGroups, sources);
  if (problems.length > 0) {
    for (const problem of problems) edge.stderr(`sidecast: ${renderProblem(problem)}`);
    return problems.some((problem) => problem.source.startsWith('flag'))
      ? EXIT_BAD_USAGE
      : EXIT_COULD_NOT_START;
  }
  const { line: log, always } = openLog(config.process, edge.isTerminal ? 'pretty' : 'json');
  for (const { option, message, fix } of doubts)
    log('warn', 'config_doubtful', 'a variable is not read', { option, why: message, fix });

  let app: App;
  try {
    const env = sources.env ?? {};
    app = await startApp({
      config,
      env,
      version: edge.version,
      log,
      clock: systemClock,
      random: Math.random,
    });
  } catch (error) {
    edge.stderr(`sidecast: could not start: ${(error as Error).message}`);
    return EXIT_COULD_NOT_START;
  }
  // Before anybody knows that it listens: nobody's SIGHUP is to end it.
  edge.onHangup?.(
    createReload({
      flags: edge.flags,
      config,
      effective,
      apply: app.applyRules,
      renewCertificate: app.renewCertificate,
      log,
    }),
  );
  // People get the banner, programs the line.
  const facts = { version: edge.version, node: nodeNotice(), effective, ...app };
  if (edge.isTerminal) edge.stderr(renderBanner(facts));
  else
    createEvents(log, () => systemClock.now()).started({
      version: edge.version,
      node: nodeNotice(),
      page: app.listening.admin.map(
        (address) => `http${app.listening.tls?.includes('admin') ? 's' : ''}://${address}/`,
      ),
      on: onBecause(facts),
      off: app.off,
      configuredBy: configuredBy(effective),
    });
  createEvents(always, () => systemClock.now()).listening(app.listening);

  await app.shutdown(await edge.signal);
  return EXIT_CLEAN;
}

/** AWS's SDK ends its support of Node 20 in January 2027; its own notice is silenced and said here once. */
function nodeNotice(): string {
  const { version } = globalThis.process;
  return version.startsWith('v20.')
    ? `${version} (the AWS SDK will need 22 from January 2027; the image has 24)`
    : version;
}
