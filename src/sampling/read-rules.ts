// Part of sampling: the text of a file in the shape of `aws xray create-sampling-rule --cli-input-json`.
import { asJsonObject, JsonError, type JsonFile, parseJson } from '../config/json.ts';
import type { Problem } from '../config/problems.ts';
import { checkRule } from './check-rule.ts';
import type { SamplingRule } from './rule.ts';

export interface ReadRules {
  rules: readonly SamplingRule[];
  problems: readonly Problem[];
}

/**
 * `{"SamplingRule": {…}, "Tags": […]}`, or a list of such. Inputs of create-group and create-log-group may lie in the same
 * folder, as `sidecast provision` reads it.
 */
export function readRules(text: string, file: string): ReadRules {
  let json: JsonFile;
  try {
    json = parseJson(text);
  } catch (error) {
    const line = error instanceof JsonError ? error.line : 1;
    const problem = { option: file, source: `${file}:${line}`, value: '', fix: 'Mend the file.' };
    return { rules: [], problems: [{ ...problem, message: `is not JSON: ${(error as Error).message}` }] };
  }
  const repeated = json.repeated.map(({ name, line }): Problem => {
    const problem = { option: name, source: `${file}:${line}`, value: '', message: 'is there twice' };
    return { ...problem, fix: 'Keep one of them.' };
  });
  const inputs: readonly unknown[] = Array.isArray(json.value) ? json.value : [json.value];
  const read = inputs.map((input, index) => {
    const path = Array.isArray(json.value) ? [index] : [];
    return readInput(input, (...members) => `${file}:${json.lineOf([...path, ...members])}`);
  });
  return {
    rules: read.flatMap(({ rule }) => rule ?? []),
    problems: [...repeated, ...read.flatMap(({ problems }) => problems)],
  };
}

const OTHER_INPUTS = ['GroupName', 'logGroupName'];

function readInput(
  input: unknown,
  at: (...members: readonly string[]) => string,
): ReturnType<typeof checkRule> {
  const members = asJsonObject(input);
  if (!members) return checkRule(undefined, at());
  if (OTHER_INPUTS.some((name) => name in members)) return { problems: [] };
  const others = Object.keys(members).filter((name) => name !== 'SamplingRule' && name !== 'Tags');
  if (others.length === 0) {
    const { rule, problems } = checkRule(members['SamplingRule'], at());
    const placed = problems.map((problem) => ({ ...problem, source: at('SamplingRule', problem.option) }));
    return rule ? { rule, problems: placed } : { problems: placed };
  }
  const problems = others.map((option) => ({
    option,
    source: at(option),
    value: '',
    message: 'unknown member beside SamplingRule and Tags',
    fix: 'The members of a rule belong into {"SamplingRule": {…}}.',
  }));
  return { problems };
}
