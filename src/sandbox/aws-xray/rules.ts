// Part of the sandbox: X-Ray's sampling rules: a custom one to begin with, above the default one (X-Ray API reference).
import type { Clock } from '../../model/clock.ts';
import { asObject } from '../vendor.ts';
import { type Fields, identified, invalid, isError, type Outcome } from './outcome.ts';

/** X-Ray developer guide, quotas: custom rules of a region. */
const MAX_CUSTOM_RULES = 25;
const ARN = 'arn:aws:xray:us-east-1:000000000000:sampling-rule/';
/** 2026-01-01, in the seconds that the protocol uses. */
const CREATED_AT = 1_767_225_600;
const ANY = { ResourceARN: '*', ServiceName: '*', ServiceType: '*', Host: '*', HTTPMethod: '*', Version: 1 };
/** X-Ray developer guide, sampling: of the default rule no more than rate and reservoir can be changed. */
const CHANGES_OF_DEFAULT = new Set(['RuleName', 'RuleARN', 'FixedRate', 'ReservoirSize']);

interface SamplingRule extends Fields {
  RuleName: string;
  RuleARN: string;
  FixedRate: number;
  ReservoirSize: number;
}

export interface RuleRecord {
  CreatedAt: number;
  ModifiedAt: number;
  SamplingRule: SamplingRule;
}

export class SamplingRules {
  readonly #clock: Clock;
  readonly #records = new Map<string, RuleRecord>();
  #modifiedAt = CREATED_AT;

  constructor(clock: Clock) {
    this.#clock = clock;
    const given = { RuleName: 'Sandbox', Priority: 1000, FixedRate: 1, ReservoirSize: 50, URLPath: '/api/*' };
    this.#put(given, CREATED_AT, CREATED_AT);
    const ofXRay = { RuleName: 'Default', Priority: 10_000, FixedRate: 0.05, ReservoirSize: 1, URLPath: '*' };
    this.#put(ofXRay, CREATED_AT, CREATED_AT);
  }

  get modifiedAt(): number {
    return this.#modifiedAt;
  }

  get(name: string): RuleRecord | undefined {
    return this.#records.get(name);
  }

  list(): Outcome {
    return { value: { SamplingRuleRecords: [...this.#records.values()], NextToken: null } };
  }

  create(request: Fields): Outcome {
    const rule = asObject(request['SamplingRule']) ?? {};
    const name = rule['RuleName'] ?? null;
    if (name === null || (rule['RuleARN'] ?? null) !== null) return invalid('A new rule needs a RuleName.');
    if (this.#records.has(String(name))) return invalid('The name of the rule is already in use.');
    if (rule['Version'] !== 1) return invalid('Version must be 1.');
    if (this.#records.size > MAX_CUSTOM_RULES)
      return invalid('You have reached the maximum number of sampling rules.', 'RuleLimitExceededException');
    return answer(this.#put({ ...rule, RuleName: String(name) }, this.#now(), this.#now()));
  }

  update(request: Fields): Outcome {
    const changes = asObject(request['SamplingRuleUpdate']) ?? {};
    const record = this.#find(changes);
    if (isError(record)) return record;
    const { SamplingRule: rule, CreatedAt } = record;
    const isOdd = Object.keys(changes).some((name) => !CHANGES_OF_DEFAULT.has(name));
    if (rule.RuleName === 'Default' && isOdd)
      return invalid('The default rule takes a new FixedRate and ReservoirSize only.');
    const given = Object.entries(changes).filter(([, value]) => (value ?? null) !== null);
    return answer(this.#put({ ...rule, ...Object.fromEntries(given) }, CreatedAt, this.#now()));
  }

  remove(request: Fields): Outcome {
    const record = this.#find(request);
    if (isError(record)) return record;
    const { RuleName } = record.SamplingRule;
    if (RuleName === 'Default') return invalid('The default rule cannot be deleted.');
    this.#records.delete(RuleName);
    this.#modifiedAt = this.#now();
    return answer(record);
  }

  #find(request: Fields) {
    return identified(request, 'Rule', this.#records, ({ SamplingRule }) => SamplingRule.RuleARN);
  }

  #put(rule: Fields & { RuleName: string }, CreatedAt: number, ModifiedAt: number): RuleRecord {
    const RuleARN = `${ARN}${rule.RuleName}`;
    const SamplingRule = { ...ANY, Attributes: {}, ...rule, RuleARN } as unknown as SamplingRule;
    const record = { CreatedAt, ModifiedAt, SamplingRule };
    this.#records.set(rule.RuleName, record);
    this.#modifiedAt = ModifiedAt;
    return record;
  }

  #now(): number {
    return Math.floor(this.#clock.now() / 1000);
  }
}

const answer = (SamplingRuleRecord: RuleRecord): Outcome => ({ value: { SamplingRuleRecord } });
