// Part of the tests: the state of a destination whose region or credentials are not there yet.
import { describe, expect, it } from 'vitest';
import { watchIdentity } from '../../src/app/aws-watch.ts';
import type { CheckResult } from '../../src/delivery/exporter.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import type { Reason } from '../../src/model/reasons.ts';
import { eventually } from '../support/app.ts';
import { ManualClock } from '../support/records.ts';

const ID = 'aws-xray';
const reason = (code: Reason['code']): Reason => ({ code, message: 'm', fix: 'f' });

function watched(...results: readonly (Reason | 'ok')[]) {
  const clock = new ManualClock();
  const ledger = new Ledger();
  ledger.open(ID, clock.now());
  const steps: string[] = [];
  async function* check(): AsyncGenerator<CheckResult> {
    const result = results[Math.min(steps.length, results.length - 1)] ?? 'ok';
    steps.push('identity');
    if (result === 'ok') yield { step: 'identity', status: 'ok', detail: '' };
    else yield { step: 'identity', status: 'failed', reason: result };
    steps.push('permission');
    yield { step: 'permission', status: 'ok', detail: '' };
  }
  const watch = watchIdentity({ destination: ID, check, ledger, clock });
  const looks = (count: number) =>
    eventually(
      () => steps.length,
      (seen) => seen === count,
    );
  const state = () => [ledger.account(ID)?.state, ledger.account(ID)?.reason?.code];
  return { clock, ledger, steps, watch, looks, state };
}

describe(watchIdentity, () => {
  it('blocks the destination until what is missing is found, and asks AWS itself nothing', async () => {
    const { clock, steps, watch, looks, state } = watched(
      reason('not_configured'),
      reason('no_credentials'),
      'ok',
    );

    await watch.start();
    await eventually(state, ([now]) => now === 'blocked');
    expect(state()).toEqual(['blocked', 'not_configured']);
    clock.advance(30_000);
    await eventually(state, ([, code]) => code === 'no_credentials');
    clock.advance(30_000);
    await eventually(state, ([now]) => now === 'on');

    clock.advance(60_000);
    await looks(3);
    expect(steps).not.toContain('permission');
  });

  it('leaves a state alone that delivery has found out by sending', async () => {
    const { clock, ledger, watch, looks, state } = watched(reason('no_credentials'), 'ok');
    const forbidden = reason('forbidden');

    await watch.start();
    await eventually(state, ([now]) => now === 'blocked');
    ledger.setState(ID, 'blocked', forbidden, clock.now());
    clock.advance(30_000);
    await looks(2);

    expect(state()).toEqual(['blocked', 'forbidden']);
  });

  it('says nothing after its end', async () => {
    const { clock, watch, looks, state } = watched(reason('no_credentials'), 'ok');

    await watch.start();
    await eventually(state, ([now]) => now === 'blocked');
    await watch.shutdown(AbortSignal.abort());
    clock.advance(90_000);

    await looks(1);
    expect(state()).toEqual(['blocked', 'no_credentials']);
  });
});
