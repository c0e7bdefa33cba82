// Part of sampling: a rule as X-Ray's API has it. These are the members that the SDKs insist on, each in its own way.

/** Service model xray 2016-04-12. Members that we do not know go onward to the SDKs that do. */
export interface SamplingRule {
  readonly RuleName: string;
  readonly RuleARN: string;
  readonly ResourceARN: string;
  readonly Priority: number;
  readonly FixedRate: number;
  /** Requests a second that are taken before the rate counts. */
  readonly ReservoirSize: number;
  readonly ServiceName: string;
  readonly ServiceType: string;
  readonly Host: string;
  readonly HTTPMethod: string;
  readonly URLPath: string;
  readonly Version: number;
  readonly Attributes: Readonly<Record<string, string>>;
  readonly [more: string]: unknown;
}

/** Times are seconds since the epoch. */
export interface RuleRecord {
  readonly CreatedAt: number;
  readonly ModifiedAt: number;
  readonly SamplingRule: SamplingRule;
}

export const DEFAULT_NAME = 'Default';
export const DEFAULT_PRIORITY = 10_000;

/** The members of a rule that are patterns, with the longest that the service model takes. */
export const PATTERN_LENGTHS = {
  ServiceName: 64,
  ServiceType: 64,
  Host: 64,
  HTTPMethod: 10,
  URLPath: 128,
} as const;

/** What every account has from the start: one request a second and 5 % of the rest. */
const DEFAULT_RECORD: RuleRecord = {
  CreatedAt: 0,
  ModifiedAt: 0,
  SamplingRule: {
    RuleName: DEFAULT_NAME,
    RuleARN: localArn(DEFAULT_NAME),
    ResourceARN: '*',
    Priority: DEFAULT_PRIORITY,
    FixedRate: 0.05,
    ReservoirSize: 1,
    ServiceName: '*',
    ServiceType: '*',
    Host: '*',
    HTTPMethod: '*',
    URLPath: '*',
    Version: 1,
    Attributes: {},
  },
};

/** For rules that no account holds. */
export function localArn(ruleName: string): string {
  return `arn:aws:xray:us-east-1:000000000000:sampling-rule/${ruleName}`;
}

/** Java's SDK fails without a Default rule, and no SDK has anything else to fall back to. */
export function withDefault(records: readonly RuleRecord[]): readonly RuleRecord[] {
  const hasDefault = records.some(({ SamplingRule }) => SamplingRule.RuleName === DEFAULT_NAME);
  return hasDefault ? records : [DEFAULT_RECORD, ...records];
}

/** True for a rule that the SDKs leave out: they look at neither attributes nor ARNs. */
export function isSkippedBySdks({ ResourceARN, Attributes }: SamplingRule): boolean {
  return ResourceARN !== '*' || Object.keys(Attributes).length > 0;
}
