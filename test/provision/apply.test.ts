// Part of the tests: provision/apply: the order, patience with an AWS that slows down, and none with anything else.
import { describe, expect, it } from 'vitest';
import { AwsError } from '../../src/aws/errors.ts';
import { HttpError } from '../../src/http/client.ts';
import { applyPlan } from '../../src/provision/apply.ts';
import { groups } from '../../src/provision/groups.ts';
import type { Account } from '../../src/provision/kind.ts';
import type { Action, Step } from '../../src/provision/plan.ts';

const step = (action: Action, name: string): Step => ({
  action,
  kind: groups,
  name,
  value: { GroupName: name },
  changes: [],
  stuck: [],
});

/** An account that fails as told, call by call. */
function accountFailing(...failures: readonly (Error | undefined)[]): { account: Account; calls: string[] } {
  const calls: string[] = [];
  const call = (operation: string) => async (request: string | { GroupName?: string | undefined }) => {
    calls.push(`${operation} ${typeof request === 'string' ? request : request.GroupName}`);
    const failure = failures[calls.length - 1];
    if (failure) throw failure;
  };
  const xrayControl = {
    createGroup: call('create'),
    updateGroup: call('update'),
    deleteGroup: call('delete'),
  };
  return { calls, account: { xrayControl } as unknown as Account };
}

const throttled = (retryAfterMs?: number) =>
  new AwsError('throttled', 'Rate exceeded', { status: 429, code: 'ThrottledException', retryAfterMs });

async function apply(account: Account, ...steps: readonly Step[]) {
  const pauses: number[] = [];
  const done = await applyPlan(steps, account, async (ms) => void pauses.push(ms));
  return { pauses, failures: done.map(({ failure }) => failure) };
}

describe(applyPlan, () => {
  it('makes and changes before it deletes, and leaves the others alone', async () => {
    const { account, calls } = accountFailing();

    await apply(
      account,
      step('delete', 'a'),
      step('create', 'b'),
      step('unchanged', 'c'),
      step('update', 'd'),
    );

    expect(calls).toEqual(['create b', 'update d', 'delete a']);
  });

  it('asks again, later and later, while AWS slows it down', async () => {
    const { account, calls } = accountFailing(throttled(), throttled(3000), throttled());

    const { pauses, failures } = await apply(account, step('create', 'a'));

    expect([calls.length, pauses, failures]).toEqual([4, [500, 3000, 2000], [undefined]]);
  });

  it('gives up after five times', async () => {
    const { account, calls } = accountFailing(...Array.from({ length: 9 }, () => throttled()));

    const { failures } = await apply(account, step('create', 'a'));

    expect(calls).toHaveLength(5);
    expect(failures).toEqual(['429 ThrottledException Rate exceeded. Run it again later.']);
  });

  it.each([
    [new AwsError('unavailable', 'no', { status: 503 }), '503 no. Run it again later.'],
    [new HttpError('timeout', 'it did not answer'), 'it did not answer. Run it again.'],
    [
      new AwsError('forbidden', 'no', { status: 403, code: 'AccessDenied' }),
      /^403 AccessDenied no\. Allow xray:GetGroups/,
    ],
  ])('asks once where %s came, goes on with the others, and says what to do', async (error, words) => {
    const { account, calls } = accountFailing(error);

    const { failures } = await apply(account, step('create', 'a'), step('create', 'b'));

    expect(calls).toEqual(['create a', 'create b']);
    expect(failures).toEqual([expect.stringMatching(words), undefined]);
  });

  it('does not hide a bug', async () => {
    const { account } = accountFailing(new TypeError('bug'));

    await expect(apply(account, step('create', 'a'))).rejects.toThrow('bug');
  });
});
