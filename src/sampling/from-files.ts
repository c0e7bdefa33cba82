// Part of sampling: rules from SIDECAST_SAMPLING_RULES.
import { renderProblem } from '../config/problems.ts';
import type { Clock } from '../model/clock.ts';
import { RULES_OPTION } from './config.ts';
import { createRuleFiles } from './rule-files.ts';
import type { Source, SourceEvents } from './source.ts';

export function fromFiles(path: string, clock: Clock, { onRules, onTrouble }: SourceEvents): Source {
  const files = createRuleFiles({
    path,
    clock,
    onRules: (records) => void onRules('files', records),
    onProblems: (problems) =>
      onTrouble({
        event: 'sampling_rules_invalid',
        message: renderProblem(problems[0] as (typeof problems)[0]),
        fix: `Correct the files of ${RULES_OPTION}; they are read again within seconds.`,
        details: { problems: problems.map(renderProblem) },
      }),
  });
  return {
    start: () => files.start(),
    shutdown: async () => files.stop(),
  };
}
