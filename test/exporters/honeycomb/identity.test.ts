// Part of the tests: exporters/honeycomb/identity: who the key belongs to is asked when somebody wants a link.
import { describe, expect, it } from 'vitest';
import { createIdentity } from '../../../src/exporters/honeycomb/identity.ts';
import { type HttpAnswer, type HttpClient, HttpError } from '../../../src/http/client.ts';
import { Secret } from '../../../src/model/secret.ts';

const HOUR_MS = 3_600_000;
const auth = (team: string): HttpAnswer => ({
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify({ team: { slug: team }, environment: { slug: 'prod' } })),
});

/** Takes the next answer each time, and counts. */
function asking(...answers: (HttpAnswer | Error)[]) {
  const state = { asked: 0, nowMs: 0 };
  const http: HttpClient = {
    async request() {
      const answer = answers[state.asked++];
      if (!answer || answer instanceof Error) throw answer ?? new Error('asked too often');
      return answer;
    },
    close: async () => undefined,
  };
  const config = {
    apiKey: new Secret('k'),
    dataset: undefined,
    endpoint: new URL('https://api.honeycomb.io'),
    compression: 'auto' as const,
    unfinishedAfterMs: 300_000,
  };
  const clock = { now: () => state.nowMs, schedule: () => () => undefined };
  return { state, identity: createIdentity(config, http, clock) };
}
const answered = () => new Promise((resolve) => setImmediate(resolve));

describe(createIdentity, () => {
  it('is not asked for until somebody wants to know, and then once an hour', async () => {
    const { identity, state } = asking(auth('a'), auth('b'));
    expect(state.asked).toBe(0);

    expect(identity.known()).toBeUndefined();
    await answered();
    expect(identity.known()).toMatchObject({ teamSlug: 'a', environmentSlug: 'prod' });
    state.nowMs = HOUR_MS - 1;
    identity.known();
    expect(state.asked).toBe(1);

    state.nowMs = HOUR_MS;
    expect(identity.known()?.teamSlug).toBe('a');
    await answered();
    expect(identity.known()?.teamSlug).toBe('b');
    expect(state.asked).toBe(2);
  });

  it('is asked for again after a minute where there was no answer, or none of Honeycomb', async () => {
    const refused = new HttpError('refused', 'connection refused');
    const { identity, state } = asking(refused, { ...auth('a'), body: Buffer.from('<html>') }, auth('a'));

    for (const nowMs of [0, 59_999, 60_000, 119_999, 120_000]) {
      state.nowMs = nowMs;
      identity.known();
      await answered();
    }

    expect(state.asked).toBe(3);
    expect(identity.known()?.teamSlug).toBe('a');
  });

  it('takes what a check has found', () => {
    const { identity, state } = asking();

    identity.learn({
      teamSlug: 'a',
      environmentSlug: '',
      keyType: '',
      maySend: true,
      mayCreateDatasets: true,
    });

    expect([identity.known()?.teamSlug, state.asked]).toEqual(['a', 0]);
  });
});
