// Part of app/doctor: one destination, from its configuration to whether its key may send.
import type { Finding } from '../../admin/api/doctor.ts';
import type { DestinationStatus } from '../../admin/status.ts';
import type { CheckResult } from '../../delivery/exporter.ts';
import { HttpError } from '../../http/client.ts';
import { type ReachOptions, reach } from '../../http/reach.ts';
import { unanswered } from '../../http/unanswered.ts';
import { DESTINATION_NAMES, type DestinationId } from '../../model/signals.ts';
import { agoOf } from './surroundings.ts';

export interface DestinationSubject {
  id: DestinationId;
  status: DestinationStatus;
  maxAgeMs: number;
  /** Rejects where it cannot be known: no region, no credentials. */
  reachable(): Promise<ReachOptions>;
  check(): AsyncIterable<CheckResult>;
  /** More about whose credentials these are; undefined where the check says it all. */
  caller(): Promise<string | undefined>;
}

/** What happens to the data of a destination that does not take it. */
export function fateOf({
  id,
  status,
  maxAgeMs,
}: Pick<DestinationSubject, 'id' | 'status' | 'maxAgeMs'>): string {
  const { queued } = status.counts;
  const until = status.heldUntil ? `until ${status.heldUntil}` : `for ${daysOf(maxAgeMs)} at most`;
  return `nothing is lost: what is for ${DESTINATION_NAMES[id]} waits in the journal ${until} (${queued === 1 ? '1 item' : `${queued} items`} now)`;
}

export function daysOf(ms: number): string {
  return ms >= 172_800_000 ? `${Math.round(ms / 86_400_000)} days` : agoOf(ms);
}

/** Without asking anybody. */
export function examineState(subject: Pick<DestinationSubject, 'id' | 'status' | 'maxAgeMs'>): Finding {
  const { id, status } = subject;
  const { state, reason, counts } = status;
  const step = 'state';
  if (state === 'off')
    return {
      about: id,
      step,
      status: 'skipped',
      what: `off: ${reason?.message ?? 'not configured'}`,
      data: 'nothing is kept for it',
      ...(reason ? { fix: reason.fix } : {}),
    };
  if (reason && state !== 'on') {
    const what = `${state}: ${reason.message}`;
    return { about: id, step, status: 'failed', what, data: fateOf(subject), fix: reason.fix };
  }
  return {
    about: id,
    step,
    status: 'ok',
    what: `on, ${counts.delivered} items delivered and ${counts.queued} queued since the start`,
  };
}

/** With the network: the first step that fails ends it. */
export async function examineDestination(subject: DestinationSubject): Promise<readonly Finding[]> {
  const { id } = subject;
  const data = fateOf(subject);
  const findings: Finding[] = [];
  const reached = await examineReach(subject, data);
  if (reached) findings.push(reached);
  if (reached?.status === 'failed') return findings;
  for await (const result of subject.check()) {
    const { step } = result;
    if (result.status === 'failed') {
      findings.push({
        about: id,
        step,
        status: 'failed',
        what: result.reason.message,
        data,
        fix: result.reason.fix,
      });
      break;
    }
    findings.push({ about: id, step, status: result.status, what: result.detail });
    const more = step === 'identity' && result.status === 'ok' ? await subject.caller() : undefined;
    if (more) findings.push({ about: id, step: 'credentials', status: 'ok', what: more });
  }
  return findings;
}

/** Undefined where the place is unknown: the check will say why. */
async function examineReach(subject: DestinationSubject, data: string): Promise<Finding | undefined> {
  const base = { about: subject.id, step: 'connection' } as const;
  const target = await subject.reachable().catch(() => undefined);
  if (!target) return undefined;
  try {
    return { ...base, status: 'ok', what: await reach(target) };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    const { message, fix } = unanswered(error).reason;
    return { ...base, status: 'failed', what: message, data, fix };
  }
}
