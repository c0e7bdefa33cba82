// Part of provision: X-Ray's sampling rules, as `aws xray create-sampling-rule --cli-input-json` takes them.
import { asJsonObject, type JsonObject } from '../config/json.ts';
import { checkMembers } from '../config/members.ts';
import { checkRule } from '../sampling/check-rule.ts';
import { DEFAULT_NAME } from '../sampling/rule.ts';
import { type Fields, given, type Kind } from './kind.ts';
import { TAG_LIST } from './tags.ts';

const FIELDS = [
  'Priority',
  'FixedRate',
  'ReservoirSize',
  'ServiceName',
  'ServiceType',
  'Host',
  'HTTPMethod',
  'URLPath',
  'ResourceARN',
  'Attributes',
  'SamplingRateBoost',
];

const INPUT = {
  SamplingRule: { complaint: () => undefined, example: '{"RuleName": "backend", …}' },
  Tags: TAG_LIST,
};

export const samplingRules: Kind = {
  id: 'sampling-rule',
  title: 'sampling rule',
  mark: 'SamplingRule',
  check({ value, at }) {
    const { problems } = checkRule(value['SamplingRule'], '');
    return [
      ...checkMembers(value, INPUT, (member) => at(member)),
      ...problems.map((problem) => ({ ...problem, source: at('SamplingRule', problem.option) })),
    ];
  },
  nameOf,
  fieldsOf: (value) => fieldsOf(ruleIn(value)),
  fixed: [],
  isReserved: (name) => name === DEFAULT_NAME,
  async read({ xrayControl }) {
    const rules = await xrayControl.samplingRules();
    return new Map(rules.map((rule) => [rule.RuleName ?? '', fieldsOf({ ...rule })]));
  },
  async create({ xrayControl }, value) {
    // A rule that is made has a name; its ARN is AWS's to give.
    const { RuleARN: _, ...rule } = ruleIn(value);
    await xrayControl.createSamplingRule({ ...value, SamplingRule: rule as never });
  },
  async update({ xrayControl }, value, changed) {
    const changes = [...fieldsOf(ruleIn(value))].filter(([field]) => changed.includes(field));
    await xrayControl.updateSamplingRule({ RuleName: nameOf(value), ...Object.fromEntries(changes) });
  },
  remove: ({ xrayControl }, name) => xrayControl.deleteSamplingRule(name),
  permissions:
    'xray:GetSamplingRules, xray:CreateSamplingRule, xray:UpdateSamplingRule and xray:DeleteSamplingRule',
};

function ruleIn(value: JsonObject): JsonObject {
  return asJsonObject(value['SamplingRule']) ?? {};
}

function nameOf(value: JsonObject): string {
  return String(ruleIn(value)['RuleName']);
}

/** A rule without attributes is a rule for requests with any: that, a file cannot leave open. */
function fieldsOf(rule: JsonObject): Fields {
  return new Map([['Attributes', {}], ...given(rule, FIELDS)]);
}
