// Part of cli: `sidecast doctor`: what the sidecast that runs finds, or one that is started for this.
import { json } from 'node:stream/consumers';
import type { Finding, Findings } from '../admin/api/doctor.ts';
import type { AppConfig } from '../app/options.ts';
import { registry } from '../app/registry.ts';
import { durationMs } from '../config/option.ts';
import type { Problem } from '../config/problems.ts';
import { type AdminPort, adminPort, ask, complaintOf, NoSidecastError } from './admin-port.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import type { OptionsOf } from './commands.ts';
import { withPipeline } from './doctor-alone.ts';
import { renderFindings } from './doctor-text.ts';
import type { Edge } from './edge.ts';

type Line = CommandLine<OptionsOf<'doctor'>>;

export async function doctor(edge: Edge): Promise<number> {
  const line = readCommandLine(edge, 'doctor', ({ wait }) => checkWait(wait));
  if (typeof line === 'number') return line;
  const findings = await examine(edge, line);
  if (line.values.json) {
    const ok = findings.every(({ status }) => status !== 'failed');
    edge.stdout(JSON.stringify({ ok, findings } satisfies Findings & { ok: boolean }));
  } else edge.stdout(renderFindings(findings, edge.colours === true));
  return findings.some(({ status }) => status === 'failed') ? 1 : 0;
}

async function examine(edge: Edge, line: Line): Promise<readonly Finding[]> {
  const { problems, doubts } = line.loaded;
  const port = adminPort(line.config);
  if (!line.values.standalone) {
    const found = await askRunning(port, line);
    // The process that runs has read its own configuration; what looks misspelt here is so there as well.
    if (found) return [...doubts.map((doubt) => ofProblem(doubt, 'warning')), ...found];
  }
  const own = [
    ...problems.map((problem) => ofProblem(problem, 'failed')),
    ...doubts.map((doubt) => ofProblem(doubt, 'warning')),
    ...(line.values.standalone ? [] : [nobodyAnswers(port.url)]),
  ];
  if (problems.length > 0) return own;
  if (line.values.offline) return [...own, ...withoutAsking(line.config)];
  return [...own, ...(await withPipeline(edge, line, (url) => askRunning({ url }, line)))];
}

/** Undefined when no sidecast answers. */
async function askRunning(port: AdminPort, { values }: Line): Promise<readonly Finding[] | undefined> {
  const query = new URLSearchParams();
  if (values.offline) query.set('offline', 'true');
  if (values['no-send']) query.set('send', 'false');
  if (values.wait) query.set('wait', values.wait);
  try {
    const headers = { 'x-sidecast': '1' };
    const answer = await ask(port, { method: 'POST', path: 'api/doctor', query, headers });
    if (answer.statusCode === 200) return ((await json(answer)) as Findings).findings;
    return [refusedToLook(port.url, `${answer.statusCode}: ${await complaintOf(answer)}`)];
  } catch (error) {
    if (error instanceof NoSidecastError) return undefined;
    throw error;
  }
}

/** What the configuration alone says. */
function withoutAsking(config: AppConfig): Finding[] {
  return registry.map(({ id, off }) => {
    const reason = off(config);
    if (!reason)
      return { about: id, step: 'state', status: 'ok', what: 'on; not asked, because of --offline' };
    const what = `off: ${reason.message}`;
    return {
      about: id,
      step: 'state',
      status: 'skipped',
      what,
      data: 'nothing is kept for it',
      fix: reason.fix,
    };
  });
}

function ofProblem(
  { option, source, message, fix, nearest }: Problem,
  status: 'failed' | 'warning',
): Finding {
  return {
    about: 'configuration',
    step: option,
    status,
    what: `${message} (${source})${nearest ? `; did you mean ${nearest}?` : ''}`,
    data:
      status === 'failed' ? 'sidecast does not start with it, so nothing is received' : 'it has no effect',
    fix,
  };
}

function nobodyAnswers(url: URL): Finding {
  return {
    about: 'receivers',
    step: 'running',
    status: 'warning',
    what: `no sidecast answers at ${url.origin}; the rest is looked at with one that is started for this`,
    data: 'what a backend sends to this host now is not received',
    fix: 'Start it (sidecast run), or name its port with --admin-port.',
  };
}

function refusedToLook(url: URL, words: string): Finding {
  return {
    about: 'receivers',
    step: 'running',
    status: 'failed',
    what: `${url.origin} answers, but not as this release of sidecast does (${words})`,
    data: 'nothing is known of it',
    fix: 'Use the release that runs there (in its container), or --standalone.',
  };
}

function checkWait(value: string | undefined): Problem[] {
  if (value === undefined || durationMs().safeParse(value).success) return [];
  const fix = 'Type a time with its unit, such as 20s.';
  return [{ option: '--wait', source: 'flag', value, message: 'not understood', fix }];
}
