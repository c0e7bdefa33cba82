// Part of the sandbox: what X-Ray answers to the statistics of a sampler (X-Ray API reference, GetSamplingTargets).
import { asObject } from '../vendor.ts';
import type { Fields, Outcome } from './outcome.ts';
import type { SamplingRules } from './rules.ts';

const QUOTA_SECONDS = 300;
const REPORT_EVERY_SECONDS = 10;

export function samplingTargets(request: Fields, rules: SamplingRules, nowMs: number): Outcome {
  const statistics = request['SamplingStatisticsDocuments'] as readonly unknown[];
  const asked = statistics.map((document) => String(asObject(document)?.['RuleName']));
  const known = asked.flatMap((name) => rules.get(name) ?? []);
  return {
    value: {
      LastRuleModification: rules.modifiedAt,
      SamplingTargetDocuments: known.map(({ SamplingRule: { RuleName, FixedRate, ReservoirSize } }) => ({
        RuleName,
        FixedRate,
        ReservoirQuota: ReservoirSize,
        ReservoirQuotaTTL: Math.floor(nowMs / 1000) + QUOTA_SECONDS,
        Interval: REPORT_EVERY_SECONDS,
      })),
      // Go's SDK fetches the rules again when a code begins with 4.
      UnprocessedStatistics: asked
        .filter((name) => !rules.get(name))
        .map((RuleName) => ({ RuleName, ErrorCode: '404', Message: 'There is no such rule.' })),
      UnprocessedBoostStatistics: [],
    },
  };
}
