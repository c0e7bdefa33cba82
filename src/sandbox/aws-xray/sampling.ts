// Part of the sandbox: X-Ray's sampling calls, with one custom rule above the default one (X-Ray API reference).
import { asObject } from '../vendor.ts';

const RULES = [
  { RuleName: 'Sandbox', Priority: 1000, FixedRate: 1, ReservoirSize: 50, URLPath: '/api/*' },
  { RuleName: 'Default', Priority: 10_000, FixedRate: 0.05, ReservoirSize: 1, URLPath: '*' },
];
const ANY = { ResourceARN: '*', ServiceName: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', Version: 1 };
/** 2026-01-01, in the seconds that the protocol uses. */
const CREATED_AT = 1_767_225_600;

export function samplingRules(): unknown {
  const SamplingRuleRecords = RULES.map((rule) => ({
    CreatedAt: CREATED_AT,
    ModifiedAt: CREATED_AT,
    SamplingRule: { ...ANY, ...rule, Attributes: {} },
  }));
  return { SamplingRuleRecords, NextToken: null };
}

export function samplingTargets(statistics: readonly unknown[], nowMs: number): unknown {
  const asked = statistics.map((document) => asObject(document)?.['RuleName']);
  const known = RULES.filter(({ RuleName }) => asked.includes(RuleName));
  return {
    LastRuleModification: CREATED_AT,
    SamplingTargetDocuments: known.map(({ RuleName, FixedRate, ReservoirSize }) => ({
      RuleName,
      FixedRate,
      ReservoirQuota: ReservoirSize,
      ReservoirQuotaTTL: Math.floor(nowMs / 1000) + 300,
      Interval: 10,
    })),
    UnprocessedStatistics: asked
      .filter((name) => !RULES.some(({ RuleName }) => RuleName === name))
      .map((RuleName) => ({ RuleName, ErrorCode: 'UnknownRule', Message: 'There is no such rule.' })),
  };
}
