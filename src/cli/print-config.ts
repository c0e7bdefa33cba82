// Part of cli: `sidecast print-config`: every effective value, and where it comes from.
import { optionGroups } from '../app/options.ts';
import { type Effective, loadConfig, processSources } from '../config/load.ts';
import { flagOf, yamlPathOf } from '../config/option.ts';
import { renderProblem } from '../config/problems.ts';
import type { Edge } from './edge.ts';

const OWN_FLAGS = ['--set', '--json'];

export async function printConfig(edge: Edge): Promise<number> {
  const flags = edge.flags.filter((flag) => !OWN_FLAGS.includes(flag));
  const { effective, problems, doubts } = loadConfig(optionGroups, processSources(flags));
  const isShown = ({ source }: Effective) => !edge.flags.includes('--set') || source !== 'default';
  const shown = effective.filter(isShown);
  edge.stdout(edge.flags.includes('--json') ? toJson(shown) : render(shown));
  for (const problem of [...problems, ...doubts]) edge.stderr(`sidecast: ${renderProblem(problem)}`);
  return problems.length === 0 ? 0 : 1;
}

function toJson(shown: readonly Effective[]): string {
  const rows = shown.map(({ option, value, source }) => ({
    option: option.env,
    flag: flagOf(option),
    yaml: yamlPathOf(option),
    value: value ?? null,
    source,
  }));
  return JSON.stringify(rows);
}

/** As lines of a .env file, so that the first column can be used again. */
function render(shown: readonly Effective[]): string {
  const rows = shown.map(({ option, value, source }) => [`${option.env}=${value ?? ''}`, source] as const);
  const width = Math.min(60, Math.max(0, ...rows.map(([line]) => line.length)));
  const lines = rows.map(([line, source]) => `${line.padEnd(width)}  # ${source}`);
  return lines.length > 0 ? lines.join('\n') : '# nothing is set: all values are the defaults';
}
