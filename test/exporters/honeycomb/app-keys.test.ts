// Part of the tests: exporters/honeycomb: keys that apps send.
import { describe, expect, it } from 'vitest';
import { createAppKeys } from '../../../src/exporters/honeycomb/app-keys.ts';
import { encode } from '../../../src/exporters/honeycomb/encoder.ts';
import { createTransport } from '../../../src/exporters/honeycomb/transport.ts';
import type { HttpRequest } from '../../../src/http/client.ts';
import { Secret } from '../../../src/model/secret.ts';
import { asReceived, context, never, traces } from '../records.ts';

const SMALL = 'python-otel/04-traces-small.bin';

describe(createAppKeys, () => {
  it('remembers a key by a reference that is no key, the same each time', () => {
    const learnt: string[] = [];
    const keys = createAppKeys(() => learnt.push('key'));

    const keyRef = keys.learn('secret-key') ?? '';

    expect(keyRef).toMatch(/^[0-9a-f]{16}$/);
    expect(keys.reveal(keyRef)).toBe('secret-key');
    expect(keys.learn('secret-key')).toBe(keyRef);
    expect(createAppKeys(() => undefined).learn('secret-key')).toBe(keyRef);
    expect(learnt).toEqual(['key']);
  });

  it('takes an empty header for none', () => {
    const keys = createAppKeys(() => undefined);

    expect([keys.learn(''), keys.learn(undefined)]).toEqual([undefined, undefined]);
  });

  it('holds the 16 that were used last', () => {
    const keys = createAppKeys(() => undefined);
    const refs = Array.from({ length: 16 }, (_, i) => keys.learn(`key ${i}`) ?? '');

    keys.learn('key 0');
    const latest = keys.learn('key 16') ?? '';

    expect(keys.reveal(refs[0] ?? '')).toBe('key 0');
    expect(keys.reveal(refs[1] ?? '')).toBeUndefined();
    expect(keys.reveal(latest)).toBe('key 16');
  });
});

describe('a record with an app key', () => {
  function sending(apiKey?: string) {
    const requests: HttpRequest[] = [];
    const http = {
      async request(request: HttpRequest) {
        requests.push(request);
        return { status: 200, headers: {}, body: new Uint8Array() };
      },
      close: async () => undefined,
    };
    const config = {
      apiKey: apiKey === undefined ? undefined : new Secret(apiKey),
      dataset: undefined,
      endpoint: new URL('https://api.honeycomb.io'),
      compression: 'none' as const,
      unfinishedAfterMs: 300_000,
    };
    const appKeys = createAppKeys(() => undefined);
    const { clock } = context('honeycomb');
    const transport = createTransport(config, { http, clock, userAgent: 'test', appKeys });
    const send = (keyRef: string | undefined) => {
      const received = traces(SMALL);
      const origin = { ...received.origin, ...(keyRef && { keyRef }) };
      return transport(encode({ ...received, origin }, undefined, asReceived).items, never);
    };
    return { send, appKeys, keys: () => requests.map(({ headers }) => headers['x-honeycomb-team']) };
  }

  it('goes out under that key, and never in one request with others', async () => {
    const { send, appKeys, keys } = sending();

    await send(appKeys.learn('a'));
    await send(appKeys.learn('b'));

    expect(keys()).toEqual(['a', 'b']);
    const partitions = ['a', 'b', undefined].map((keyRef) => {
      const received = traces(SMALL);
      const origin = { ...received.origin, ...(keyRef && { keyRef }) };
      return encode({ ...received, origin }, undefined, asReceived).items[0]?.partition;
    });
    expect(new Set(partitions).size).toBe(3);
  });

  it('waits while the key is not known', async () => {
    const { send, keys } = sending();

    expect(await send('0123456789abcdef')).toMatchObject({
      status: 'blocked',
      reason: { code: 'key_unknown', message: 'the app has not sent its key since sidecast started' },
    });
    expect(await send(undefined)).toMatchObject({
      status: 'blocked',
      reason: { code: 'key_unknown', fix: 'Set HONEYCOMB_API_KEY to an ingest key.' },
    });
    expect(keys()).toEqual([]);
  });

  it('goes out under HONEYCOMB_API_KEY where that is set', async () => {
    const { send, keys } = sending('own');

    expect(await send('0123456789abcdef')).toMatchObject({ status: 'delivered' });
    expect(keys()).toEqual(['own']);
  });
});
