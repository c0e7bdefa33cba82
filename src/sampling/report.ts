// Part of sampling: what the SDKs counted, reported to AWS in the background, and the targets that AWS answers with.
import { backoffMs } from '../delivery/retry.ts';
import type { Clock, Random } from '../model/clock.ts';
import { asObject, asObjects, type JsonObject } from '../protocols/xray/json.ts';
import { CallFailed, retryAfterOf, type SamplingCalls, untilAborted } from './calls.ts';
import { ANOMALIES, REQUESTS, Statistics, type Sum } from './statistics.ts';

export interface ReporterOptions {
  calls: SamplingCalls;
  clock: Clock;
  random: Random;
  /** AWS has other rules than at its last answer, or lacks one that a client knows. */
  onOtherRules(): void;
  /**
   * What was counted is reported later, but for `uncounted` requests: AWS refused to count them, or nobody knows whether it
   * has. `failures`: so many one after the other.
   */
  onFailure(error: Error, uncounted: number, failures: number): void;
}

export interface Reporter {
  /** Taken over: from here on they are ours to report. */
  add(requests: readonly JsonObject[], anomalies: readonly JsonObject[]): void;
  /** AWS's last word on a rule. */
  target(ruleName: string): JsonObject | undefined;
  /** After a change of the rules: the next answer brings new ones. */
  forgetTargets(): void;
  /** Reports once more what is left. */
  shutdown(deadline: AbortSignal): Promise<void>;
}

/** As often as one SDK reports, however many of them there are. */
const PERIOD_MS = 10_000;
/** Service model xray 2016-04-12, GetSamplingTargetsRequest. */
const MAX_DOCUMENTS = 25;

/**
 * All clients are one client of AWS: their counts are added up, reported every 10 s, and the quota that AWS gives for the sum is shared out
 * among them (quotas.ts). A count is AWS's when AWS has answered. What AWS could not take, or never got, goes out with the next report.
 * Only of a report that was sent and not answered nobody knows: it is not sent again, because counted twice it would take
 * quota from other hosts.
 */
export function createReporter(options: ReporterOptions): Reporter {
  const { calls, clock, random, onOtherRules, onFailure } = options;
  const requests = new Statistics(REQUESTS);
  const anomalies = new Statistics(ANOMALIES);
  const targets = new Map<string, JsonObject>();
  const clientId = newClientId(random);
  const stopped = new AbortController();
  let lastModification: unknown;
  let lastSentMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let cancelTimer: (() => void) | undefined;
  let underWay = Promise.resolve();

  const sums = () => Math.max(requests.size, anomalies.size);

  function schedule(waitMs: number): void {
    if (sums() === 0) return;
    cancelTimer ??= clock.schedule(Math.max(0, waitMs), () => {
      cancelTimer = undefined;
      underWay = underWay.then(sendAll);
    });
  }

  async function sendAll(): Promise<void> {
    let waitMs = PERIOD_MS;
    lastSentMs = clock.now();
    try {
      for (let calls = Math.ceil(sums() / MAX_DOCUMENTS); calls > 0; calls--) await sendSome();
      failures = 0;
    } catch (error) {
      waitMs = Math.max(PERIOD_MS, backoffMs(failures, retryAfterOf(error), random));
    }
    schedule(waitMs);
  }

  async function sendSome(): Promise<void> {
    const [counted, boosted] = [requests.take(MAX_DOCUMENTS), anomalies.take(MAX_DOCUMENTS)];
    try {
      const call = calls.getSamplingTargets(requestOf(counted, boosted), stopped.signal);
      const answer = asObject(await untilAborted(call, stopped.signal)) ?? {};
      readAnswer(answer);
      putBack(requests, counted, toRepeat(answer['UnprocessedStatistics']));
      putBack(anomalies, boosted, toRepeat(answer['UnprocessedBoostStatistics']));
    } catch (error) {
      const isRepeatable = error instanceof CallFailed && error.circumstances.isRepeatable;
      if (isRepeatable) putBack(requests, counted);
      if (isRepeatable) putBack(anomalies, boosted);
      failures += 1;
      onFailure(error as Error, isRepeatable ? 0 : requestsIn(counted), failures);
      throw error;
    }
  }

  function requestOf(counted: readonly Sum[], boosted: readonly Sum[]): object {
    const Timestamp = Math.floor(clock.now() / 1000);
    const request = {
      SamplingStatisticsDocuments: counted.map((sum) => ({ ...sum, ClientID: clientId, Timestamp })),
    };
    const SamplingBoostStatisticsDocuments = boosted.map((sum) => ({ ...sum, Timestamp }));
    return boosted.length === 0 ? request : { ...request, SamplingBoostStatisticsDocuments };
  }

  function readAnswer(answer: JsonObject): void {
    for (const target of asObjects(answer['SamplingTargetDocuments'])) {
      if (typeof target['RuleName'] === 'string') targets.set(target['RuleName'], target);
    }
    const { LastRuleModification } = answer;
    const isOther = LastRuleModification !== lastModification;
    if (isOther || asObjects(answer['UnprocessedStatistics']).some(isOfNoRule)) onOtherRules();
    lastModification = LastRuleModification;
  }

  return {
    add(given, boosts) {
      for (const document of given) requests.add(document);
      for (const document of boosts) anomalies.add(document);
      schedule(lastSentMs + PERIOD_MS - clock.now());
    },
    target: (ruleName) => targets.get(ruleName),
    forgetTargets: () => targets.clear(),
    async shutdown(deadline) {
      const stop = () => stopped.abort();
      deadline.addEventListener('abort', stop, { once: true });
      if (deadline.aborted) stop();
      await underWay;
      if (sums() > 0 && !stopped.signal.aborted) await sendAll();
      cancelTimer?.();
      deadline.removeEventListener('abort', stop);
    },
  };
}

/** 4xx: AWS has no such rule any more, and nothing to count for it. */
const isOfNoRule = ({ ErrorCode }: JsonObject): boolean => String(ErrorCode).startsWith('4');

/** The names of rules whose statistics AWS could not take now. */
const toRepeat = (unprocessed: unknown): ReadonlySet<unknown> =>
  new Set(
    asObjects(unprocessed)
      .filter((one) => !isOfNoRule(one))
      .map(({ RuleName }) => RuleName),
  );

function putBack(statistics: Statistics, sums: readonly Sum[], ruleNames?: ReadonlySet<unknown>): void {
  for (const sum of sums) if (!ruleNames || ruleNames.has(sum['RuleName'])) statistics.add(sum);
}

const requestsIn = (sums: readonly Sum[]): number =>
  sums.reduce((total, { RequestCount }) => total + Number(RequestCount), 0);

/** 24 hex digits, as the SDKs' own. */
function newClientId(random: Random): string {
  return Array.from({ length: 24 }, () => Math.floor(random() * 16).toString(16)).join('');
}
