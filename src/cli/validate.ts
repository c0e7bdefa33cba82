// Part of cli: `sidecast validate`: all that is wrong with the configuration, without network and without keys.
import { readCertificate } from '../app/certificate.ts';
import { optionGroups } from '../app/options.ts';
import { registry } from '../app/registry.ts';
import { type Effective, loadConfig, processSources } from '../config/load.ts';
import { type Problem, renderProblem } from '../config/problems.ts';
import { DESTINATION_NAMES } from '../model/signals.ts';
import { checkRuleFiles } from '../sampling/rule-files.ts';
import type { Edge } from './edge.ts';

export async function validate(edge: Edge): Promise<number> {
  // The flags of the process are part of what is judged: all is said at once.
  const asJson = edge.flags.includes('--json');
  const flags = edge.flags.filter((flag) => flag !== '--json');
  const { values, problems: wrong, doubts, effective } = loadConfig(optionGroups, processSources(flags));
  const rules = values.sampling.rules ? await checkRuleFiles(values.sampling.rules) : [];
  const problems = [...wrong, ...doubts, ...rules, ...readCertificate(values.tls).problems];
  const destinations = registry.map(({ id, off }) => ({ id, reason: off(values) ?? null }));

  if (asJson) edge.stdout(JSON.stringify({ ok: problems.length === 0, problems, destinations }));
  else {
    for (const problem of problems) edge.stdout(renderProblem(problem));
    for (const { id, reason } of destinations) {
      const state = reason ? `off: ${reason.message}. ${reason.fix}` : 'on';
      edge.stdout(`${DESTINATION_NAMES[id].padEnd(16)}${state}`);
    }
    edge.stdout(sum(problems, effective));
  }
  return problems.length === 0 ? 0 : 1;
}

function sum(problems: readonly Problem[], effective: readonly Effective[]): string {
  if (problems.length > 0) return problems.length === 1 ? '1 problem.' : `${problems.length} problems.`;
  const set = effective.filter(({ source }) => source !== 'default').length;
  return `Nothing is wrong; ${set === 1 ? '1 option is' : `${set} options are`} set. sidecast print-config --set shows them.`;
}
