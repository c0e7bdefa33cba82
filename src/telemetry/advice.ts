// Part of telemetry: what the owner of the application would want to know about what it sends. Said once per cause, then counted.
import type { Clock } from '../model/clock.ts';
import type { LogLine } from './logger.ts';

export const ADVICE = {
  sampling_rule_unmatched: 'segments arrive under a name that no sampling rule but Default is for',
  document_near_limit: 'a segment document is nearly as large as X-Ray takes them',
  trace_near_quota: 'a trace is nearly as large as X-Ray takes them',
  invalid_name: 'X-Ray refuses the name of a segment or subsegment',
  in_progress_left_open: 'something was sent in progress and was not completed in 15 minutes',
} as const;

export type AdviceCode = keyof typeof ADVICE;

export interface Advice {
  code: AdviceCode;
  message: string;
  fix: string;
  /** RFC 3339. */
  since: string;
  /** How often it was seen, where not all of it is looked at. */
  count: number;
}

export interface AdviceBook {
  /** `cause`: what tells it from others of its code, for instance the name of a segment. */
  give(code: AdviceCode, cause: string, advice: () => { message: string; fix: string }): void;
  list(): readonly Advice[];
}

/** Names come from outside, dynamic ones without end: further causes of a code are not told. */
const CAUSES_PER_CODE = 5;

export function createAdviceBook(log: LogLine, clock: Clock): AdviceBook {
  const given = new Map<AdviceCode, Map<string, Advice>>();
  return {
    give(code, cause, advice) {
      const causes = given.get(code) ?? new Map<string, Advice>();
      given.set(code, causes);
      const known = causes.get(cause);
      if (known) known.count += 1;
      if (known || causes.size >= CAUSES_PER_CODE) return;
      const { message, fix } = advice();
      causes.set(cause, { code, message, fix, since: new Date(clock.now()).toISOString(), count: 1 });
      log('warn', 'advice', ADVICE[code], { code, message, fix });
    },
    list: () => [...given.values()].flatMap((causes) => [...causes.values()].map((one) => ({ ...one }))),
  };
}
