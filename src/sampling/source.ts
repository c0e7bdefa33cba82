// Part of sampling: where rules come from: files, AWS, or nowhere.
import type { JsonObject } from '../protocols/xray/json.ts';
import type { RuleRecord } from './rule.ts';
import type { RulesSource } from './rules.ts';
import type { SamplingReport } from './targets.ts';

export interface Source {
  /** Resolves without waiting for AWS; never rejects. */
  start(): Promise<void>;
  shutdown(deadline: AbortSignal): Promise<void>;
  /** Only AWS wants to know what the SDKs counted, and says what its targets are. */
  readonly aws?: {
    add(report: SamplingReport): void;
    target(ruleName: string): JsonObject | undefined;
  };
}

export interface SourceEvents {
  /** True when the rules in force are others now. */
  onRules(source: RulesSource, records: readonly RuleRecord[]): boolean;
  /** The rules in force stay. `details` are fields of the log line. */
  onTrouble(trouble: Trouble): void;
}

export interface Trouble {
  event: 'sampling_rules_invalid' | 'sampling_rules_unavailable';
  message: string;
  fix: string;
  details?: JsonObject;
}

export const noSource: Source = { start: async () => undefined, shutdown: async () => undefined };
