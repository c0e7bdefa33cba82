// Part of the tests: `sidecast marker`, as a person types it, against the sandbox.
import { describe, expect, it, vi } from 'vitest';
import { marker } from '../../src/cli/marker.ts';
import { setMarker } from '../../src/exporters/honeycomb/markers.ts';
import type { HttpRequest } from '../../src/http/client.ts';
import { Secret } from '../../src/model/secret.ts';
import { SANDBOX_HONEYCOMB_KEY } from '../../src/sandbox/index.ts';
import { sandboxForTest } from '../sandbox/helpers.ts';
import { type as typeCommand } from '../support/typed.ts';

const CONFIGURATION_KEY = 'abcdefghij0123456789AB';

async function type(key: string | undefined, ...flags: readonly string[]) {
  const sandbox = await sandboxForTest();
  vi.stubEnv('HONEYCOMB_API_KEY', key);
  vi.stubEnv('HONEYCOMB_API_ENDPOINT', sandbox.url);
  return typeCommand(marker, flags).finally(() => vi.unstubAllEnvs());
}

describe('sidecast marker', () => {
  it('sets one, with a key that may', async () => {
    expect(await type(CONFIGURATION_KEY, 'v1.2.3')).toEqual({
      code: 0,
      out: 'Honeycomb has a marker: v1.2.3',
      err: '',
    });
  });

  it('takes another key than the one that sends', async () => {
    expect(await type(SANDBOX_HONEYCOMB_KEY, 'v1', '--honeycomb-api-key', CONFIGURATION_KEY)).toMatchObject({
      code: 0,
    });
  });

  it.each([
    [
      SANDBOX_HONEYCOMB_KEY,
      /^sidecast: no marker was set: .*may not manage markers\. Give a configuration key/,
    ],
    [
      undefined,
      /^sidecast: no marker was set: no Honeycomb key is set, and no app has sent one\. Set HONEYCOMB_API_KEY/,
    ],
  ])('says what became of it, why, and what to do', async (key, words) => {
    const { code, err } = await type(key, 'v1');

    expect(code).toBe(1);
    expect(err).toMatch(words);
  });

  it.each([[[]], [['--type', 'deploy']], [['v1', '--typ', 'x']]])('complains about %j', async (flags) => {
    expect(await type(CONFIGURATION_KEY, ...flags)).toMatchObject({ code: 2, out: '' });
  });
});

describe(setMarker, () => {
  it.each([
    [CONFIGURATION_KEY, undefined, undefined, '__all__'],
    [CONFIGURATION_KEY, 'metrics', undefined, '__all__'],
    [CONFIGURATION_KEY, undefined, 'My Backend', 'my-backend'],
    ['0123456789abcdef0123456789abcdef', 'Back End', undefined, 'back-end'],
  ])('of key %s with dataset %s, asked for %s, is set at %s', async (key, configured, dataset, place) => {
    const requests: HttpRequest[] = [];
    const http = {
      async request(request: HttpRequest) {
        requests.push(request);
        return { status: 201, headers: {}, body: new Uint8Array() };
      },
      close: async () => undefined,
    };
    const config = {
      apiKey: new Secret(key),
      dataset: configured,
      endpoint: new URL('https://api.honeycomb.io'),
      compression: 'auto' as const,
      unfinishedAfterMs: 300_000,
    };

    await setMarker(config, http, { message: 'v1', type: 'deploy', url: 'https://ci/1', dataset });

    expect(requests.map(({ url }) => url.pathname)).toEqual([`/1/markers/${place}`]);
    expect(JSON.parse(Buffer.from(requests[0]?.body ?? []).toString())).toEqual({
      message: 'v1',
      type: 'deploy',
      url: 'https://ci/1',
    });
  });
});
