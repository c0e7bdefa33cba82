// Part of sampling: the answer to GetSamplingTargets, from what is known now.
import { asObject, asObjects, type JsonObject } from '../protocols/xray/json.ts';
import { type Quota, type Quotas, REPORTS } from './quotas.ts';
import type { SamplingRule } from './rule.ts';
import type { Rules } from './rules.ts';

export interface SamplingReport {
  requests: readonly JsonObject[];
  /** SamplingBoostStatisticsDocuments. */
  anomalies: readonly JsonObject[];
}

/** More rules than an account can have, several times over. */
const MAX_DOCUMENTS = 200;
/** What AWS asks for, and the shortest that an SDK does. */
const REPORT_EVERY_SECONDS = 10;

/** Undefined for what is no JSON object; an empty body is an empty report. */
export function readReport(body: string): SamplingReport | undefined {
  try {
    const request = asObject(body.trim() === '' ? {} : JSON.parse(body));
    if (!request) return undefined;
    const list = (value: unknown) => asObjects(value).slice(0, MAX_DOCUMENTS);
    return {
      requests: list(request['SamplingStatisticsDocuments']),
      anomalies: list(request['SamplingBoostStatisticsDocuments']),
    };
  } catch {
    return undefined;
  }
}

export interface TargetSources {
  rules: Rules;
  quotas: Quotas;
  /** AWS's last word on a rule; without AWS the rule itself says all. */
  ofAws: ((ruleName: string) => JsonObject | undefined) | undefined;
}

export function targetsAnswer(report: SamplingReport, sources: TargetSources, nowMs: number): object {
  const { rules, ofAws } = sources;
  const nowSeconds = Math.floor(nowMs / 1000);
  const targets = new Map<string, object>();
  const unprocessed = new Map<string, object>();
  for (const { RuleName, ClientID } of report.requests) {
    if (typeof RuleName !== 'string') continue;
    const rule = rules.get(RuleName);
    const clientId = String(ClientID).slice(0, 64);
    if (rule) targets.set(RuleName, targetOf(rule, clientId, sources, nowSeconds));
    // A code with 4 has Go fetch the rules, which would cost it what it knows while we know nothing.
    else if (ofAws && rules.source === 'default')
      unprocessed.set(RuleName, { RuleName, ErrorCode: '503', Message: 'AWS has not told its rules yet.' });
    else
      unprocessed.set(RuleName, { RuleName, ErrorCode: '404', Message: 'There is no such sampling rule.' });
  }
  return {
    SamplingTargetDocuments: [...targets.values()],
    LastRuleModification: rules.changedAtSeconds(nowMs),
    UnprocessedStatistics: [...unprocessed.values()],
  };
}

function targetOf(
  { RuleName, FixedRate, ReservoirSize }: SamplingRule,
  clientId: string,
  { quotas, ofAws }: TargetSources,
  nowSeconds: number,
): object {
  if (!ofAws) {
    const untilSeconds = nowSeconds + REPORTS * REPORT_EVERY_SECONDS;
    const part = quotas.share(RuleName, clientId, ReservoirSize, nowSeconds, untilSeconds);
    return { RuleName, FixedRate, ...membersOf(part), Interval: REPORT_EVERY_SECONDS };
  }
  const given = { FixedRate, Interval: REPORT_EVERY_SECONDS, ...ofAws(RuleName) };
  const { ReservoirQuota, ReservoirQuotaTTL } = given as JsonObject;
  const isGood = typeof ReservoirQuota === 'number' && Number(ReservoirQuotaTTL) >= nowSeconds;
  // No quota yet, or none any more: one that has run out, on which SDKs borrow one request a second.
  if (!isGood) return { ...given, RuleName, ...membersOf({ quota: 0, untilSeconds: nowSeconds - 1 }) };
  const untilSeconds = Math.min(Math.floor(Number(ReservoirQuotaTTL)), nowSeconds + REPORTS * given.Interval);
  const part = quotas.share(RuleName, clientId, ReservoirQuota, nowSeconds, untilSeconds);
  return { ...given, RuleName, ...membersOf(part) };
}

const membersOf = ({ quota, untilSeconds }: Quota): object => ({
  ReservoirQuota: quota,
  ReservoirQuotaTTL: untilSeconds,
});
