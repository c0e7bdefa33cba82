// Part of sampling: the records of GetSamplingRules, read with care: one bad record makes Java's SDK throw all of them away.
import { asObject } from '../protocols/xray/json.ts';
import { PATTERN_LENGTHS, type RuleRecord, type SamplingRule } from './rule.ts';

const TEXTS = ['RuleName', ...Object.keys(PATTERN_LENGTHS)];
const NUMBERS = ['Priority', 'FixedRate', 'ReservoirSize', 'Version'];

/** Undefined when the answer is not X-Ray's. Records that no SDK could read are left out. */
export function recordsIn(page: unknown): RuleRecord[] | undefined {
  const records = asObject(page)?.['SamplingRuleRecords'];
  return Array.isArray(records) ? records.flatMap((record) => toRecord(record) ?? []) : undefined;
}

function toRecord(value: unknown): RuleRecord | undefined {
  const record = asObject(value);
  const rule = asObject(record?.['SamplingRule']);
  if (!record || !rule) return undefined;
  const isReadable =
    TEXTS.every((name) => typeof rule[name] === 'string') &&
    NUMBERS.every((name) => typeof rule[name] === 'number');
  if (!isReadable) return undefined;
  return {
    CreatedAt: secondsOf(record['CreatedAt']),
    ModifiedAt: secondsOf(record['ModifiedAt']),
    // Node wants Attributes to be there, Java the ARN.
    SamplingRule: {
      ...rule,
      ResourceARN: rule['ResourceARN'] ?? '*',
      Attributes: rule['Attributes'] ?? {},
    } as SamplingRule,
  };
}

const secondsOf = (value: unknown): number => (typeof value === 'number' ? value : 0);
