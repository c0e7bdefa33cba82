// Part of the tests: what a file of rules may hold, and what is said about everything else.
import { describe, expect, it } from 'vitest';
import { renderProblem } from '../../src/config/problems.ts';
import { readRules } from '../../src/sampling/read-rules.ts';
import { cruddur, inputsOf } from './support.ts';

const problemsOf = (text: string) => readRules(text, 'rules.json').problems.map(renderProblem);
const problemsOfRule = (changes: object) => problemsOf(inputsOf({ ...cruddur, ...changes }));

describe('a file of rules', () => {
  it('may hold one input of create-sampling-rule, tags and all', () => {
    const text = JSON.stringify({ SamplingRule: cruddur, Tags: [{ Key: 'a', Value: 'b' }] });

    const { rules, problems } = readRules(text, 'rules.json');

    expect(problems).toEqual([]);
    expect(rules).toEqual([
      {
        ...cruddur,
        RuleARN: 'arn:aws:xray:us-east-1:000000000000:sampling-rule/Cruddur',
        Attributes: {},
      },
    ]);
  });

  it('may hold a list of them, beside inputs of create-group', () => {
    const group = { GroupName: 'Cruddur', FilterExpression: 'service("backend-flask")' };
    const inputs = [group, ...JSON.parse(inputsOf(cruddur, { ...cruddur, RuleName: 'Other' }))];

    const { rules, problems } = readRules(JSON.stringify(inputs), 'rules.json');

    expect(problems).toEqual([]);
    expect(rules.map(({ RuleName }) => RuleName)).toEqual(['Cruddur', 'Other']);
  });

  it('may give Default another rate and reservoir', () => {
    const only = { RuleName: 'Default', Priority: 10_000, ServiceName: '*', FixedRate: 1, ReservoirSize: 0 };

    expect(problemsOfRule(only)).toEqual([]);
  });

  it('keeps members that newer SDKs know', () => {
    const SamplingRateBoost = { MaxRate: 0.5, CooldownWindowMinutes: 10 };

    const { rules } = readRules(inputsOf({ ...cruddur, SamplingRateBoost }), 'rules.json');

    expect(rules[0]).toMatchObject({ SamplingRateBoost });
  });

  it('that is no JSON is said to be none', () => {
    expect(problemsOf('{"SamplingRule":')).toEqual([
      expect.stringMatching(/^rules\.json \(rules\.json:1\): is not JSON/),
    ]);
  });

  it.each([
    ['a list of lists', '[[]]'],
    ['nothing', 'null'],
    ['a bare rule', JSON.stringify(cruddur)],
  ])('with %s is refused', (_what, text) => {
    expect(problemsOf(text)).not.toEqual([]);
    expect(readRules(text, 'rules.json').rules).toEqual([]);
  });

  it.each([
    [{ RuleName: '' }, 'RuleName=""'],
    [{ RuleName: 'x'.repeat(33) }, '1 to 32 characters'],
    [{ ResourceARN: 'x'.repeat(501) }, '1 to 500 characters'],
    [{ Priority: 0 }, 'from 1 to 10000'],
    [{ Priority: 1.5 }, 'Priority=1.5 (rules.json:1): expected a whole number'],
    [{ Priority: 10_000 }, '10000 is that of the rule Default alone'],
    [{ FixedRate: 1.5 }, 'FixedRate=1.5 (rules.json:1): expected a number from 0 to 1'],
    [{ FixedRate: '0.1' }, 'FixedRate="0.1"'],
    [{ ReservoirSize: -1 }, 'ReservoirSize=-1'],
    [{ ServiceName: 'x'.repeat(65) }, '1 to 64 characters'],
    [{ ServiceType: '' }, 'ServiceType=""'],
    [{ Host: 'x'.repeat(65) }, '1 to 64 characters'],
    [{ HTTPMethod: 'x'.repeat(11) }, '1 to 10 characters'],
    [{ URLPath: 'x'.repeat(129) }, '1 to 128 characters'],
    [{ Version: 2 }, 'Version=2'],
    [{ Attributes: { a: 1 } }, 'at most 5 pairs'],
    [{ Attributes: Object.fromEntries([...'abcdef'].map((key) => [key, 'x'])) }, 'at most 5 pairs'],
    [{ FixedRat: 0.1 }, 'Did you mean FixedRate?'],
    [{ RuleName: 'Default' }, 'of the rule Default it must be 10000'],
    [{ Host: undefined }, 'Host (rules.json:1): is missing. For example "*".'],
    [{ Host: null }, 'is missing'],
  ])('with %j is refused, and the text says why', (changes, words) => {
    expect(problemsOfRule(changes).join('\n')).toContain(words);
  });

  it('tells all that is wrong at once, each with its line', () => {
    const wrong = [
      { SamplingRule: { ...cruddur, FixedRate: 2, Priority: 0 } },
      { SamplingRule: { ...cruddur, RuleName: undefined } },
    ];

    expect(problemsOf(JSON.stringify(wrong, null, 1))).toEqual([
      'Priority=0 (rules.json:6): expected a whole number from 1 to 10000. For example 1000.',
      'FixedRate=2 (rules.json:7): expected a number from 0 to 1. For example 0.1 for 10 %.',
      'RuleName (rules.json:18): is missing. For example "backend".',
    ]);
  });

  it('does not let a member stand twice', () => {
    const text = inputsOf(cruddur).replace('"Priority"', '"FixedRate": 1, "Priority"');

    expect(problemsOf(text)).toEqual(['FixedRate (rules.json:1): is there twice. Keep one of them.']);
  });
});
