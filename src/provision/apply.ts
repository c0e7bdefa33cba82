// Part of provision: does what a plan says, step by step. One that fails keeps no other from being done.
import { AwsError } from '../aws/errors.ts';
import { complaintOf } from './failure.ts';
import type { Account } from './kind.ts';
import type { Step } from './plan.ts';

export interface Done {
  step: Step;
  /** Why it could not be done. */
  failure?: string;
}

/** X-Ray lets a few of these calls through in a second. */
const PAUSES_MS = [500, 1000, 2000, 4000];

/** What is deleted goes last: a failure before it must not leave less than there was. `pause` waits so many milliseconds. */
export async function applyPlan(
  steps: readonly Step[],
  account: Account,
  pause: (ms: number) => Promise<void>,
): Promise<readonly Done[]> {
  const isLast = ({ action }: Step) => action === 'delete';
  const done: Done[] = [];
  for (const step of [...steps.filter((step) => !isLast(step)), ...steps.filter(isLast)]) {
    try {
      await unhurried(() => take(step, account), pause);
      done.push({ step });
    } catch (error) {
      done.push({ step, failure: complaintOf(error, step.kind) });
    }
  }
  return done;
}

async function take({ action, kind, name, value = {}, changes }: Step, account: Account): Promise<void> {
  if (action === 'create') await kind.create(account, value);
  if (action === 'delete') await kind.remove?.(account, name);
  if (action === 'update')
    await kind.update(
      account,
      value,
      changes.map(({ field }) => field),
    );
}

/** Only what was turned away for its pace is asked again: of anything else nobody knows whether it was done. */
async function unhurried(call: () => Promise<void>, pause: (ms: number) => Promise<void>): Promise<void> {
  for (const ms of PAUSES_MS) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof AwsError) || error.kind !== 'throttled') throw error;
      await pause(Math.max(ms, error.retryAfterMs ?? 0));
    }
  }
  return call();
}
