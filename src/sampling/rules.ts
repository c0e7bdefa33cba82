// Part of sampling: the rules in force: what GetSamplingRules answers, and since when it answers that.
import { matches } from './pattern.ts';
import { DEFAULT_NAME, type RuleRecord, type SamplingRule, withDefault } from './rule.ts';

/** `remembered`: those that AWS had given before the last stop. `default`: nobody has given any. */
export type RulesSource = 'files' | 'aws' | 'remembered' | 'default';

export class Rules {
  #source: RulesSource = 'default';
  #records: readonly RuleRecord[] = withDefault([]);
  #byName = byName(this.#records);
  #answer = answerOf(this.#records);
  #changedAtSeconds: number;

  constructor(nowMs: number) {
    this.#changedAtSeconds = ceilSeconds(nowMs);
  }

  get source(): RulesSource {
    return this.#source;
  }

  get records(): readonly RuleRecord[] {
    return this.#records;
  }

  /** The body of GetSamplingRules' answer. */
  get answer(): Buffer {
    return this.#answer;
  }

  get(ruleName: string): SamplingRule | undefined {
    return this.#byName.get(ruleName);
  }

  /** True when the list is another one now. */
  replace(source: RulesSource, given: readonly RuleRecord[], nowMs: number): boolean {
    this.#source = source;
    const records = inOrder(withDefault(given), this.#records);
    if (JSON.stringify(records) === JSON.stringify(this.#records)) return false;
    this.#records = records;
    this.#byName = byName(records);
    this.#answer = answerOf(records);
    this.#changedAtSeconds = ceilSeconds(nowMs);
    return true;
  }

  /**
   * LastRuleModification: when clients could get this list first. SDKs compare it with the time of their own last fetch, so the
   * time of a file or of a change at AWS would be too early for who fetched after it and before we knew. Never in the
   * future: Python, Go and .NET would fetch the rules every 10 s until then.
   */
  changedAtSeconds(nowMs: number): number {
    return Math.min(this.#changedAtSeconds, Math.floor(nowMs / 1000) - 1);
  }

  /** The ServiceNames of all rules but Default when none of them is for `serviceName`; undefined when one is, or no rule is there. */
  patternsPassedBy(serviceName: string): readonly string[] | undefined {
    const patterns = this.#records
      .filter(({ SamplingRule }) => SamplingRule.RuleName !== DEFAULT_NAME)
      .map(({ SamplingRule }) => SamplingRule.ServiceName);
    const isPassed = patterns.length > 0 && !patterns.some((pattern) => matches(pattern, serviceName));
    return isPassed ? [...new Set(patterns)] : undefined;
  }
}

/**
 * What is new or has moved comes last: Java's SDK sorts its rules anew only if the last record is new to it or has another priority
 * (CentralizedManifest.putRules), else it misses rules in the middle.
 */
function inOrder(given: readonly RuleRecord[], before: readonly RuleRecord[]): readonly RuleRecord[] {
  const ranks = new Map(before.map((record, index) => [placeOf(record), index]));
  const rankOf = (record: RuleRecord) => ranks.get(placeOf(record)) ?? ranks.size;
  return given.toSorted((a, b) => rankOf(a) - rankOf(b) || a.CreatedAt - b.CreatedAt);
}

const placeOf = ({ SamplingRule: { RuleName, Priority } }: RuleRecord): string => `${Priority} ${RuleName}`;

const byName = (records: readonly RuleRecord[]) =>
  new Map(records.map(({ SamplingRule }) => [SamplingRule.RuleName, SamplingRule]));

const answerOf = (records: readonly RuleRecord[]): Buffer =>
  Buffer.from(JSON.stringify({ NextToken: null, SamplingRuleRecords: records }));

/** Up, so that who fetched the old list within that second learns of the change. */
const ceilSeconds = (ms: number): number => Math.ceil(ms / 1000);
