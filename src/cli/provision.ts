// Part of cli: `sidecast provision plan|apply FOLDER`: X-Ray's groups and sampling rules, and log groups, as files say.
import { setTimeout as pause } from 'node:timers/promises';
import { createOutgoing, type Outgoing } from '../app/outgoing.ts';
import { nearestName, type Problem, renderProblem } from '../config/problems.ts';
import { systemClock } from '../model/clock.ts';
import { applyPlan, type Done } from '../provision/apply.ts';
import { complaintOf } from '../provision/failure.ts';
import { readFiles, type Wanted } from '../provision/files.ts';
import { isToDo, planFor, UnreadableError } from '../provision/plan.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import { COMMANDS, type OptionsOf } from './commands.ts';
import type { Edge } from './edge.ts';
import { renderApplied, renderPlan, toJson } from './provision-text.ts';

const VERBS: readonly string[] = COMMANDS.provision.choices;

const EXIT_DONE = 0;
const EXIT_FAILED = 1;
const EXIT_TO_DO = 3;

export async function provision(edge: Edge): Promise<number> {
  const firstFlag = edge.flags.findIndex((word) => word.startsWith('-'));
  const words = edge.flags.slice(0, firstFlag < 0 ? edge.flags.length : firstFlag);
  const flags = edge.flags.slice(words.length);
  const line = readCommandLine({ ...edge, flags }, 'provision', () => checkWords(words));
  if (typeof line === 'number') return line;
  const [verb, folder = ''] = words;

  const { wanted, problems } = await readFiles(folder);
  if (problems.length > 0) {
    for (const problem of problems) edge.stderr(`sidecast: ${renderProblem(problem)}`);
    edge.stderr('sidecast: nothing was changed: AWS was not asked.');
    return EXIT_FAILED;
  }
  const outgoing = createOutgoing({
    config: line.config,
    env: line.env,
    version: edge.version,
    clock: systemClock,
    events: {
      awsConnected: () => undefined,
      awsEndpointIgnored: (url) =>
        edge.stderr(`sidecast: AWS_ENDPOINT_URL (${url}) is not followed; AWS_ENDPOINT_URL_XRAY is.`),
      awsFilesUnreadable: (paths) => edge.stderr(`sidecast: not readable: ${paths.join(', ')}`),
    },
  });
  try {
    return await run(edge, { verb, wanted, line, outgoing });
  } finally {
    await outgoing.close();
  }
}

interface Task {
  verb: string | undefined;
  wanted: readonly Wanted[];
  line: CommandLine<OptionsOf<'provision'>>;
  outgoing: Outgoing;
}

async function run(edge: Edge, { verb, wanted, line, outgoing }: Task): Promise<number> {
  const { prune, json } = line.values;
  outgoing.begin();
  const aws = await outgoing.aws();
  let region: string;
  let done: readonly Done[];
  try {
    region = await aws.xray.region();
    const steps = await planFor(wanted, aws, { prune: prune !== undefined });
    done = verb === 'plan' ? steps.map((step) => ({ step })) : await applyPlan(steps, aws, pause);
  } catch (error) {
    const why = error instanceof UnreadableError ? error.message : complaintOf(error);
    edge.stderr(`sidecast: nothing was changed: ${why}`);
    return EXIT_FAILED;
  }
  const render = verb === 'plan' ? renderPlan : renderApplied;
  edge.stdout(json ? JSON.stringify(toJson(done, region)) : render(done, region));
  if (verb === 'plan') return done.some(({ step }) => isToDo(step)) ? EXIT_TO_DO : EXIT_DONE;
  return done.some(({ step, failure }) => failure !== undefined || step.stuck.length > 0)
    ? EXIT_FAILED
    : EXIT_DONE;
}

function checkWords(words: readonly string[]): Problem[] {
  const [verb = '', folder, ...more] = words;
  if (VERBS.includes(verb) && folder !== undefined && more.length === 0) return [];
  const nearest = VERBS.includes(verb) ? undefined : nearestName(verb, VERBS);
  const problem = { option: 'provision', source: 'typed', value: words.join(' '), message: 'not understood' };
  const fix = 'Type sidecast provision plan FOLDER, or apply FOLDER, and then the flags.';
  return [{ ...problem, fix, ...(nearest ? { nearest } : {}) }];
}
