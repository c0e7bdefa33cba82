// Part of the tests: the API by which demo, chaos, compose and browser tests steer the sandbox.
import { describe, expect, it } from 'vitest';
import { sandboxSettings } from '../../src/sandbox/index.ts';
import { Store } from '../../src/sandbox/store.ts';
import { item, postItem, putSegments, sandboxForTest, segment } from './helpers.ts';

const send = (method: string, url: string, body: unknown) =>
  fetch(url, { method, body: JSON.stringify(body) });

describe('the API of the sandbox', () => {
  it('gives counts per destination', async () => {
    const sandbox = await sandboxForTest();
    await putSegments(sandbox, [segment(), segment()]);
    expect(await (await fetch(`${sandbox.url}/_sandbox/counts`)).json()).toEqual({
      honeycomb: { requests: 0, items: 0, uniqueItems: 0, refused: 0 },
      'aws-xray': { requests: 1, items: 2, uniqueItems: 1, refused: 0 },
      'aws-cloudwatch-logs': { requests: 0, items: 0, uniqueItems: 0, refused: 0 },
      rollbar: { requests: 0, items: 0, uniqueItems: 0, refused: 0 },
    });
  });

  it('audits ids', async () => {
    const sandbox = await sandboxForTest();
    await putSegments(sandbox, [segment(), segment()]);
    const ids = ['6a71ab68d7306b7e', '0000000000000000', '0000000000000000'];
    const audit = await send('POST', `${sandbox.url}/_sandbox/audit`, { destination: 'aws-xray', ids });
    expect(await audit.json()).toEqual({ missing: ['0000000000000000'], duplicated: ['6a71ab68d7306b7e'] });
  });

  it('gives the last items and forgets all of them', async () => {
    const sandbox = await sandboxForTest();
    const [first, second] = [segment({ id: '0000000000000001' }), segment({ id: '0000000000000002' })];
    await putSegments(sandbox, [first, second]);
    const items = async (query: string) =>
      (await fetch(`${sandbox.url}/_sandbox/items/aws-xray${query}`)).json();
    expect(await items('')).toEqual([first, second]);
    expect(await items('?limit=1')).toEqual([second]);
    expect(await items('?limit=0')).toEqual([]);
    expect((await fetch(`${sandbox.url}/_sandbox/items`, { method: 'DELETE' })).status).toBe(204);
    expect(await items('')).toEqual([]);
    expect(sandbox.counts()['aws-xray']).toEqual({ requests: 0, items: 0, uniqueItems: 0, refused: 0 });
    expect(sandbox.audit('aws-xray', ['0000000000000001']).missing).toEqual(['0000000000000001']);
  });

  it('switches faults', async () => {
    const sandbox = await sandboxForTest();
    const url = `${sandbox.url}/_sandbox/faults/rollbar`;
    expect((await send('PUT', url, { kind: 'status', status: 503 })).status).toBe(200);
    expect((await postItem(sandbox, item())).status).toBe(503);
    expect((await send('PUT', url, { kind: 'none' })).status).toBe(200);
    expect((await postItem(sandbox, item())).status).toBe(200);
  });

  it.each([
    [{ kind: 'explode' }, 'kind'],
    [{ kind: 'status' }, 'status'],
    [{ kind: 'status', status: 200 }, 'status'],
    [{ kind: 'status', status: 503, retryAfter: -1 }, 'retryAfter'],
    [{ kind: 'slow' }, 'delayMs'],
    [{ kind: 'poison' }, 'itemId'],
    [{ kind: 'poison', itemId: 'a', status: 200 }, 'status'],
    [{ kind: 'reset', at: 'noon' }, 'at'],
    ['hang', 'kind'],
  ])('says what is wrong with the fault %j', async (fault, field) => {
    const sandbox = await sandboxForTest();
    const response = await send('PUT', `${sandbox.url}/_sandbox/faults/rollbar`, fault);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ message: expect.stringMatching(`^${field}: expected`) });
  });

  it('refuses destinations and endpoints that do not exist', async () => {
    const sandbox = await sandboxForTest();
    expect((await send('PUT', `${sandbox.url}/_sandbox/faults/kafka`, { kind: 'none' })).status).toBe(404);
    expect((await fetch(`${sandbox.url}/_sandbox/items/kafka`)).status).toBe(404);
    expect(
      (await send('POST', `${sandbox.url}/_sandbox/audit`, { destination: 'kafka', ids: [] })).status,
    ).toBe(400);
    expect(
      (await send('POST', `${sandbox.url}/_sandbox/audit`, { destination: 'rollbar', ids: 1 })).status,
    ).toBe(400);
    expect((await send('POST', `${sandbox.url}/api/1/item`, {})).status).toBe(404);
  });

  it('comes with settings that point every destination at it', async () => {
    const sandbox = await sandboxForTest();
    const settings = sandboxSettings(`${sandbox.url}/`);
    expect(settings).toMatchObject({
      HONEYCOMB_API_ENDPOINT: sandbox.url,
      AWS_ENDPOINT_URL_XRAY: sandbox.url,
      AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: sandbox.url,
      ROLLBAR_ENDPOINT: `${sandbox.url}/api/1/item/`,
    });
    const headers = { 'x-honeycomb-team': settings['HONEYCOMB_API_KEY'] ?? '' };
    expect((await fetch(`${settings['HONEYCOMB_API_ENDPOINT']}/1/auth`, { headers })).status).toBe(200);
    const token = { 'x-rollbar-access-token': settings['ROLLBAR_ACCESS_TOKEN'] ?? '' };
    expect((await postItem(sandbox, item(), token)).status).toBe(200);
  });
});

describe('what a destination keeps', () => {
  it('is at most 2,000 items, the last ones', () => {
    const store = new Store();
    for (let n = 0; n < 2500; n += 1) store.add(String(n), () => n);
    expect([store.items().length, store.items()[0]]).toEqual([2000, 500]);
    expect(store.counts()).toMatchObject({ items: 2500, uniqueItems: 2500 });
  });

  it('is at most 32 Mi characters, however large an item is', () => {
    const store = new Store();
    const large = 'x'.repeat(1024 * 1024);
    for (let n = 0; n < 40; n += 1) store.add(String(n), () => large);
    expect(store.items().length).toBe(31);
  });
});
