// Part of sampling: a rule from a file, judged as CreateSamplingRule would, with everything that is wrong with it.
import { asJsonObject, type JsonObject } from '../config/json.ts';
import { checkMembers, type Member, type Members, shownJson, textUpTo } from '../config/members.ts';
import type { Problem } from '../config/problems.ts';
import { DEFAULT_NAME, DEFAULT_PRIORITY, localArn, PATTERN_LENGTHS, type SamplingRule } from './rule.ts';

const PATTERN_NAMES = Object.keys(PATTERN_LENGTHS);

/** Service model xray 2016-04-12; an empty pattern matches only requests without the attribute, and Node's SDK refuses one. */
const MEMBERS: Members = {
  RuleName: { complaint: textUpTo(32), example: '"backend"' },
  RuleARN: { complaint: textUpTo(500), isOptional: true, example: 'the one that AWS gave, or nothing' },
  ResourceARN: { complaint: textUpTo(500), example: '"*"' },
  Priority: { complaint: wholeNumber(1, DEFAULT_PRIORITY), example: '1000' },
  FixedRate: { complaint: rate, example: '0.1 for 10 %' },
  ReservoirSize: { complaint: wholeNumber(0, 2 ** 31 - 1), example: '1' },
  ...Object.fromEntries(
    Object.entries(PATTERN_LENGTHS).map(([name, max]): [string, Member] => [
      name,
      { complaint: textUpTo(max), example: '"*"' },
    ]),
  ),
  Version: { complaint: (value) => (value === 1 ? undefined : 'expected 1'), example: '1' },
  Attributes: { complaint: attributes, isOptional: true, example: '{}' },
  SamplingRateBoost: {
    complaint: (value) => (asJsonObject(value) ? undefined : 'expected an object'),
    isOptional: true,
    example: '{"MaxRate": 0.5, "CooldownWindowMinutes": 10}',
  },
};

/** `source` says where the rule is. */
export function checkRule(
  value: unknown,
  source: string,
): { rule?: SamplingRule; problems: readonly Problem[] } {
  const rule = asJsonObject(value);
  if (!rule) {
    const problem = {
      option: 'SamplingRule',
      source,
      value: shownJson(value),
      message: 'expected an object',
    };
    return { problems: [{ ...problem, fix: 'See aws xray create-sampling-rule --generate-cli-skeleton.' }] };
  }
  const wrong = checkMembers(rule, MEMBERS, () => source);
  const problems = wrong.length > 0 ? wrong : checkPlace(rule, source);
  if (problems.length > 0) return { problems };
  const given = Object.entries(rule).filter(([, member]) => member !== null);
  const RuleARN = localArn(String(rule['RuleName']));
  return {
    rule: { RuleARN, Attributes: {}, ...Object.fromEntries(given) } as unknown as SamplingRule,
    problems,
  };
}

/** Default is below all others and matches everything: only its rate and reservoir are anyone's choice. */
function checkPlace(rule: JsonObject, source: string): readonly Problem[] {
  const problem = (option: string, message: string): Problem => ({
    option,
    source,
    value: shownJson(rule[option]),
    message,
    fix: 'Change it, or give the rule another name.',
  });
  if (rule['RuleName'] !== DEFAULT_NAME) {
    if (rule['Priority'] !== DEFAULT_PRIORITY) return [];
    return [problem('Priority', `${DEFAULT_PRIORITY} is that of the rule ${DEFAULT_NAME} alone`)];
  }
  const must = (only: unknown) => `of the rule ${DEFAULT_NAME} it must be ${shownJson(only)}`;
  return [
    ...(rule['Priority'] === DEFAULT_PRIORITY ? [] : [problem('Priority', must(DEFAULT_PRIORITY))]),
    ...PATTERN_NAMES.filter((name) => rule[name] !== '*').map((name) => problem(name, must('*'))),
  ];
}

function wholeNumber(min: number, max: number): Member['complaint'] {
  return (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `expected a whole number from ${min} to ${max}`;
}

function rate(value: unknown): string | undefined {
  return typeof value === 'number' && value >= 0 && value <= 1 ? undefined : 'expected a number from 0 to 1';
}

function attributes(value: unknown): string | undefined {
  const pairs = Object.entries(asJsonObject(value) ?? {});
  const isWrong = textUpTo(32);
  const isRight = asJsonObject(value) && pairs.length <= 5 && !pairs.flat().some(isWrong);
  return isRight ? undefined : 'expected at most 5 pairs of texts of up to 32 characters';
}
