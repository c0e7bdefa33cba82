// Part of the tests: when credentials are looked up, and how long anybody waits for that.
import { describe, expect, it } from 'vitest';
import { credentialSource } from '../../src/aws/credentials.ts';
import type { Clock } from '../../src/model/clock.ts';

function fakeClock(): Clock & { advance(ms: number): void } {
  let now = 1_000_000;
  let timers: { atMs: number; run: () => void }[] = [];
  return {
    now: () => now,
    schedule(delayMs, run) {
      const timer = { atMs: now + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    advance(ms) {
      now += ms;
      for (const timer of timers.filter(({ atMs }) => atMs <= now)) timer.run();
    },
  };
}

const key = (accessKeyId: string, expiration?: Date) => ({
  accessKeyId,
  secretAccessKey: 's',
  ...(expiration ? { expiration } : {}),
});
const none = async () => {
  throw new Error('Could not load credentials from any providers\nat somewhere');
};

describe(credentialSource, () => {
  it('looks up once for many calls', async () => {
    let lookups = 0;
    const source = credentialSource(async () => key(`A${lookups++}`), fakeClock());

    const got = await Promise.all([source.get(), source.get(), source.get()]);

    expect([got.map(({ accessKeyId }) => accessKeyId), lookups]).toEqual([['A0', 'A0', 'A0'], 1]);
  });

  it('remembers for ten seconds that there are none', async () => {
    const clock = fakeClock();
    let lookups = 0;
    const source = credentialSource(() => {
      lookups++;
      return none();
    }, clock);

    await expect(source.get()).rejects.toMatchObject({
      kind: 'no_credentials',
      message: expect.not.stringContaining('\n'),
    });
    clock.advance(9_999);
    await expect(source.get()).rejects.toMatchObject({ kind: 'no_credentials' });
    expect(lookups).toBe(1);
    clock.advance(1);
    await expect(source.get()).rejects.toMatchObject({ kind: 'no_credentials' });
    expect(lookups).toBe(2);
  });

  it('stops waiting after two seconds, and takes what comes later', async () => {
    const clock = fakeClock();
    let answer: (identity: ReturnType<typeof key>) => void = () => undefined;
    const source = credentialSource(() => new Promise((resolve) => (answer = resolve)), clock);

    const waiting = expect(source.get()).rejects.toMatchObject({ kind: 'no_credentials' });
    clock.advance(2_000);
    await waiting;
    answer(key('LATE'));
    await Promise.resolve();

    expect((await source.get()).accessKeyId).toBe('LATE');
  });

  it('renews before an expiry, and lives on what it has while renewing fails', async () => {
    const clock = fakeClock();
    const expiration = new Date(clock.now() + 3_600_000);
    let lookups = 0;
    const source = credentialSource(
      () => (lookups++ === 0 ? Promise.resolve(key('OLD', expiration)) : none()),
      clock,
    );

    await source.get();
    clock.advance(3_600_000 - 299_000);
    expect([(await source.get()).accessKeyId, lookups]).toEqual(['OLD', 2]);
    clock.advance(299_000);
    await expect(source.get()).rejects.toMatchObject({ kind: 'no_credentials' });
  });

  it('asks for fresh ones after the vendor refused those it had, once for all that were refused with them', async () => {
    const asked: unknown[] = [];
    const source = credentialSource(async (how) => key(`A${asked.push(how)}`), fakeClock());
    const refused = await source.get();

    const renewed = await Promise.all([source.renew(refused), source.renew(refused)]);
    renewed.push(await source.renew(refused));

    expect(renewed.map((identity) => identity?.accessKeyId)).toEqual(['A2', 'A2', 'A2']);
    expect([(await source.get()).accessKeyId, asked]).toEqual(['A2', [undefined, { forceRefresh: true }]]);
  });

  it('says when looking again found the same ones, or none', async () => {
    const same = credentialSource(async () => key('A'), fakeClock());
    let lookups = 0;
    const gone = credentialSource(() => (lookups++ === 0 ? Promise.resolve(key('A')) : none()), fakeClock());

    expect(await same.renew(await same.get())).toBeUndefined();
    expect(await gone.renew(await gone.get())).toBeUndefined();
  });
});
