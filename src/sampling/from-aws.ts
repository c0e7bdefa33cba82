// Part of sampling: rules and targets from AWS, and the last known ones while it does not answer.
import type { Clock, Random } from '../model/clock.ts';
import { CallFailed, type SamplingCalls } from './calls.ts';
import { createRuleFetcher } from './fetch-rules.ts';
import type { Remembered } from './remembered.ts';
import { createReporter } from './report.ts';
import type { Source, SourceEvents } from './source.ts';

export interface AwsSourceOptions extends SourceEvents {
  calls: SamplingCalls;
  clock: Clock;
  random: Random;
  remembered: Remembered;
  /** What the SDKs counted waits for a later report, but for `uncounted` requests. */
  onReportFailed(error: Error, uncounted: number): void;
}

export function fromAws(options: AwsSourceOptions): Source {
  const { remembered, onRules, onTrouble, onReportFailed, ...loop } = options;
  let isFetched = false;
  let written = Promise.resolve();
  const fetcher = createRuleFetcher({
    ...loop,
    onRules(records) {
      isFetched = true;
      if (!onRules('aws', records)) return;
      reporter.forgetTargets();
      written = remembered.write(records);
    },
    onFailure: (error) =>
      onTrouble({ event: 'sampling_rules_unavailable', message: error.message, fix: fixOf(error) }),
  });
  const reporter = createReporter({
    ...loop,
    onOtherRules: () => fetcher.fetch(),
    onFailure(error, uncounted, failures) {
      if (uncounted > 0 || failures === 1) onReportFailed(error, uncounted);
    },
  });
  return {
    async start() {
      fetcher.fetch();
      const records = await remembered.read();
      if (records && !isFetched) onRules('remembered', records);
    },
    async shutdown(deadline) {
      fetcher.stop();
      await Promise.all([reporter.shutdown(deadline), written]);
    },
    aws: {
      add: ({ requests, anomalies }) => reporter.add(requests, anomalies),
      target: (ruleName) => reporter.target(ruleName),
    },
  };
}

const fixOf = (error: Error): string =>
  error instanceof CallFailed ? error.circumstances.fix : 'Report this: it is a bug in sidecast.';
