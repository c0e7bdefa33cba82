// Part of the tests: rules, statistics, and an AWS that is told what to answer.

import type { SamplingOptions } from '../../src/sampling/index.ts';
import {
  type CallFailed,
  createSampling,
  type Sampling,
  type SamplingCalls,
} from '../../src/sampling/index.ts';
import { ManualClock } from '../support/records.ts';

/** As in the reference backend's aws/json/xray.json. */
export const cruddur = {
  RuleName: 'Cruddur',
  ResourceARN: '*',
  Priority: 9000,
  FixedRate: 0.1,
  ReservoirSize: 5,
  ServiceName: 'backend-flask',
  ServiceType: '*',
  Host: '*',
  HTTPMethod: '*',
  URLPath: '*',
  Version: 1,
};

export const inputsOf = (...rules: readonly object[]): string =>
  JSON.stringify(rules.map((SamplingRule) => ({ SamplingRule })));

/** As AWS has it. */
export const recordOf = (rule: object, times: object = { CreatedAt: 100, ModifiedAt: 200 }): object => ({
  ...times,
  SamplingRule: { ...cruddur, RuleARN: 'arn:of:aws', Attributes: {}, ...rule },
});
export const defaultRecord = recordOf({
  RuleName: 'Default',
  Priority: 10_000,
  FixedRate: 0.05,
  ReservoirSize: 1,
  ServiceName: '*',
});

export const CLIENT_A = 'a'.repeat(24);
export const CLIENT_B = 'b'.repeat(24);

export const statistics = (
  RuleName: string,
  RequestCount = 10,
  ClientID = CLIENT_A,
): Record<string, unknown> => ({
  RuleName,
  ClientID,
  Timestamp: 1_800_000_000,
  RequestCount,
  SampledCount: 3,
  BorrowCount: 1,
});

export interface Target {
  RuleName: string;
  FixedRate: number;
  ReservoirQuota: number;
  ReservoirQuotaTTL: number;
  Interval: number;
}

export interface TargetsAnswer {
  SamplingTargetDocuments: readonly Target[];
  LastRuleModification: number;
  UnprocessedStatistics: readonly { RuleName: string; ErrorCode: string; Message: string }[];
}

export function report(sampling: Sampling, ...documents: readonly object[]): TargetsAnswer {
  const body = JSON.stringify({ SamplingStatisticsDocuments: documents });
  return JSON.parse(String(sampling.targetsAnswer(body))) as TargetsAnswer;
}

export const target = (sampling: Sampling, ruleName: string, clientId = CLIENT_A): Target | undefined =>
  report(sampling, statistics(ruleName, 10, clientId)).SamplingTargetDocuments[0];

export interface SeenRecord {
  CreatedAt: number;
  ModifiedAt: number;
  SamplingRule: typeof cruddur & { RuleARN: string; Attributes: object };
}

export const rulesOf = (sampling: Sampling): readonly SeenRecord[] =>
  JSON.parse(sampling.rulesAnswer().toString()).SamplingRuleRecords;
export const namesOf = (sampling: Sampling): readonly string[] =>
  rulesOf(sampling).map(({ SamplingRule }) => SamplingRule.RuleName);

export interface SeenReport {
  SamplingStatisticsDocuments: readonly ReturnType<typeof statistics>[];
  SamplingBoostStatisticsDocuments?: readonly object[];
}

/** Answers with `records` and `answer`, or fails with `failure`. */
export class FakeAws implements SamplingCalls {
  records: readonly object[] = [defaultRecord];
  answer: object = { SamplingTargetDocuments: [], LastRuleModification: 1, UnprocessedStatistics: [] };
  failure: CallFailed | undefined;
  /** Awaited before each answer. */
  gate: Promise<void> = Promise.resolve();
  fetches = 0;
  readonly reports: SeenReport[] = [];

  async getSamplingRules(): Promise<unknown> {
    this.fetches += 1;
    const { records, failure } = this;
    await this.gate;
    if (failure) throw failure;
    return { NextToken: null, SamplingRuleRecords: records };
  }

  async getSamplingTargets(request: object): Promise<unknown> {
    this.reports.push(request as SeenReport);
    const { answer, failure } = this;
    await this.gate;
    if (failure) throw failure;
    return answer;
  }

  /** What AWS has counted: the reports that it answered. */
  sums(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { SamplingStatisticsDocuments } of this.reports) {
      for (const { RuleName, RequestCount } of SamplingStatisticsDocuments)
        sums[String(RuleName)] = (sums[String(RuleName)] ?? 0) + Number(RequestCount);
    }
    return sums;
  }
}

export interface Made {
  sampling: Sampling;
  clock: ManualClock;
  logs: Record<string, unknown>[];
}

export function makeSampling(options: Partial<SamplingOptions> = {}): Made {
  const clock = new ManualClock();
  const logs: Record<string, unknown>[] = [];
  const sampling = createSampling({
    clock,
    random: () => 0.5,
    log: (level, event, msg, fields) => void logs.push({ level, event, msg, ...fields }),
    ...options,
  });
  return { sampling, clock, logs };
}

/** Until everything that waits for nothing but promises has happened. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
