// Part of sampling: the rules of AWS, fetched in the background. No client ever waits for this.

import { backoffMs } from '../delivery/retry.ts';
import type { Clock, Random } from '../model/clock.ts';
import { asObject } from '../protocols/xray/json.ts';
import { recordsIn } from './aws-rules.ts';
import { CallFailed, retryAfterOf, type SamplingCalls } from './calls.ts';
import type { RuleRecord } from './rule.ts';

export interface RuleFetcherOptions {
  calls: SamplingCalls;
  clock: Clock;
  random: Random;
  onRules(records: readonly RuleRecord[]): void;
  /** Each time. */
  onFailure(error: Error): void;
}

export interface RuleFetcher {
  /** Now, and from then on as often as the SDKs do. While one fetch is under way, another follows it. */
  fetch(): void;
  stop(): void;
}

/** The SDKs' own period. Between two, AWS says with each answer to a report whether rules have changed. */
const PERIOD_MS = 300_000;
/** An account has 26 rules: more pages than this are no list of rules. */
const MAX_PAGES = 20;

export function createRuleFetcher(options: RuleFetcherOptions): RuleFetcher {
  const { calls, clock, random, onRules, onFailure } = options;
  const stopped = new AbortController();
  let cancelTimer = () => {};
  let underWay = false;
  let again = false;
  let failures = 0;

  async function run(): Promise<void> {
    cancelTimer();
    underWay = true;
    again = false;
    let waitMs = PERIOD_MS;
    try {
      onRules(await readPages(calls, stopped.signal));
      failures = 0;
    } catch (error) {
      if (stopped.signal.aborted) return;
      failures += 1;
      waitMs = backoffMs(failures, retryAfterOf(error), random);
      onFailure(error as Error);
    } finally {
      underWay = false;
    }
    if (!stopped.signal.aborted) cancelTimer = clock.schedule(again ? 0 : waitMs, () => void run());
  }

  return {
    fetch() {
      if (underWay) again = true;
      else void run();
    },
    stop() {
      stopped.abort();
      cancelTimer();
    },
  };
}

async function readPages(calls: SamplingCalls, signal: AbortSignal): Promise<readonly RuleRecord[]> {
  const all: RuleRecord[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await calls.getSamplingRules(nextToken, signal);
    const records = recordsIn(answer);
    if (!records) break;
    all.push(...records);
    const token = asObject(answer)?.['NextToken'];
    if (typeof token !== 'string' || token === '') return all;
    nextToken = token;
  }
  throw new CallFailed('the answer does not look like X-Ray', {
    fix: 'Check AWS_ENDPOINT_URL_XRAY and HTTPS_PROXY.',
    isRepeatable: true,
  });
}
