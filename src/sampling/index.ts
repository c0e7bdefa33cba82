// Part of sampling: what the X-Ray SDKs are told on TCP 2000, always at once and from memory.
import type { Clock, Random } from '../model/clock.ts';
import type { Component } from '../model/component.ts';
import type { LogLine } from '../telemetry/logger.ts';
import type { SamplingCalls } from './calls.ts';
import { fromAws } from './from-aws.ts';
import { fromFiles } from './from-files.ts';
import { Quotas } from './quotas.ts';
import { nothingRemembered, type Remembered } from './remembered.ts';
import { isSkippedBySdks } from './rule.ts';
import { Rules, type RulesSource } from './rules.ts';
import { noSource, type Source, type SourceEvents, type Trouble } from './source.ts';
import { readReport, targetsAnswer } from './targets.ts';

export { CallFailed, type SamplingCalls } from './calls.ts';
export { type Remembered, rememberedIn } from './remembered.ts';

export interface SamplingOptions {
  clock: Clock;
  random: Random;
  log: LogLine;
  /** SIDECAST_SAMPLING_RULES: these rules and no others. */
  path?: string | undefined;
  /** Where X-Ray is on. */
  calls?: SamplingCalls | undefined;
  remembered?: Remembered | undefined;
}

export interface SamplingStatus {
  source: RulesSource;
  /** Default included. */
  rules: number;
  /** Why the rules in force may not be those that they should be. */
  problem: { message: string; fix: string; since: string } | null;
}

export interface Sampling extends Component {
  /** The body of GetSamplingRules' answer. */
  rulesAnswer(): Buffer;
  /** The body of GetSamplingTargets' answer; undefined when the request is none. */
  targetsAnswer(request: string): Buffer | undefined;
  /** See Rules. */
  patternsPassedBy(serviceName: string): readonly string[] | undefined;
  status(): SamplingStatus;
}

export function createSampling(options: SamplingOptions): Sampling {
  const { clock, log } = options;
  const rules = new Rules(clock.now());
  const quotas = new Quotas();
  let problem: SamplingStatus['problem'] = null;

  const source = sourceOf(options, {
    onRules(from, records) {
      const isOther = rules.replace(from, records, clock.now());
      if (isOther) quotas.forgetAllBut((name) => rules.get(name) !== undefined);
      const isMended = problem !== null && from !== 'remembered';
      if (isOther || isMended) logRules();
      if (isMended) problem = null;
      return isOther;
    },
    onTrouble({ event, message, fix, details }: Trouble) {
      if (problem?.message === message) return;
      problem = { message, fix, since: new Date(clock.now()).toISOString() };
      const fields = { reason: message, fix, inForce: rules.source, ...details };
      if (event === 'sampling_rules_invalid')
        log(
          'error',
          'sampling_rules_invalid',
          'the sampling rules stay as they are: a file is wrong',
          fields,
        );
      else
        log(
          'warn',
          'sampling_rules_unavailable',
          'the sampling rules stay as they are: AWS gives none',
          fields,
        );
    },
  });

  function logRules(): void {
    const names = rules.records.map(({ SamplingRule }) => SamplingRule.RuleName);
    const skipped = rules.records.filter(({ SamplingRule }) => isSkippedBySdks(SamplingRule));
    log('info', 'sampling_rules', 'sampling rules are in force', {
      source: rules.source,
      rules: names,
      ...(skipped.length > 0 && { skippedBySdks: skipped.map(({ SamplingRule }) => SamplingRule.RuleName) }),
    });
  }

  return {
    start: () => source.start(),
    shutdown: (deadline) => source.shutdown(deadline),
    rulesAnswer: () => rules.answer,
    targetsAnswer(request) {
      const report = readReport(request);
      if (!report) return undefined;
      source.aws?.add(report);
      const answer = targetsAnswer(report, { rules, quotas, ofAws: source.aws?.target }, clock.now());
      return Buffer.from(JSON.stringify(answer));
    },
    patternsPassedBy: (serviceName) => rules.patternsPassedBy(serviceName),
    status: () => ({ source: rules.source, rules: rules.records.length, problem }),
  };
}

function sourceOf(options: SamplingOptions, events: SourceEvents): Source {
  const { path, calls, clock, random, log, remembered = nothingRemembered } = options;
  if (path) return fromFiles(path, clock, events);
  if (!calls) return noSource;
  return fromAws({ calls, clock, random, remembered, ...events, onReportFailed });

  function onReportFailed(error: Error, uncounted: number): void {
    const fields = { requests: uncounted, err: error.message };
    if (uncounted > 0)
      log('warn', 'sampling_uncounted', "X-Ray's sampling statistics may lack these requests", fields);
    else log('warn', 'sampling_held', 'what X-Ray SDKs counted is kept: AWS does not take it now', fields);
  }
}
