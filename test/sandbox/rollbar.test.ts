// Part of the tests: the Rollbar stand-in holds items to Rollbar's rules.
import { describe, expect, it } from 'vitest';
import { SANDBOX_ROLLBAR_TOKEN } from '../../src/sandbox/index.ts';
import { item, postItem, sandboxForTest } from './helpers.ts';

const UUID = '5b1bfaa0-e1f5-413e-b90c-ab7a1f97b5b6';
const trace = {
  frames: [{ filename: 'app.py', lineno: 132 }],
  exception: { class: 'ValueError', message: 'boom' },
};

describe('Rollbar', () => {
  it('takes an item and tells its rate limit', async () => {
    const sandbox = await sandboxForTest({ rollbarItemsPerMinute: 10 });
    const response = await postItem(sandbox, item({ body: { trace } }));
    expect(await response.json()).toEqual({ err: 0, result: { id: null, uuid: UUID } });
    expect(response.headers.get('x-rate-limit-limit')).toBe('10');
    expect(response.headers.get('x-rate-limit-remaining')).toBe('9');
    expect(Number(response.headers.get('x-rate-limit-remaining-seconds'))).toBeGreaterThan(50);
    expect(Number(response.headers.get('x-rate-limit-reset'))).toBeGreaterThan(Date.now() / 1000);
    expect(sandbox.items('rollbar')).toMatchObject([{ data: { uuid: UUID } }]);
  });

  it('discards a uuid that it has, with success', async () => {
    const sandbox = await sandboxForTest();
    await postItem(sandbox, item());
    expect((await postItem(sandbox, item())).status).toBe(200);
    expect(sandbox.counts().rollbar).toEqual({ requests: 2, items: 1, uniqueItems: 1, refused: 0 });
    expect(sandbox.audit('rollbar', [UUID])).toEqual({ missing: [], duplicated: [] });
  });

  it('takes the token from the body, and does not keep it', async () => {
    const sandbox = await sandboxForTest();
    const body = JSON.stringify({ access_token: SANDBOX_ROLLBAR_TOKEN, data: item() });
    expect((await fetch(`${sandbox.url}/api/1/item/`, { method: 'POST', body })).status).toBe(200);
    expect(JSON.stringify(sandbox.items('rollbar'))).not.toContain(SANDBOX_ROLLBAR_TOKEN);
  });

  it('refuses a token that is missing, of another shape, or not the one it was told of', async () => {
    const sandbox = await sandboxForTest({ credentials: { rollbarTokens: ['ours'] } });
    expect((await postItem(sandbox, item(), {})).status).toBe(401);
    expect((await postItem(sandbox, item())).status).toBe(403);
    expect((await postItem(sandbox, item(), { 'x-rollbar-access-token': 'ours' })).status).toBe(200);
    const anyone = await sandboxForTest();
    expect((await postItem(anyone, item(), { 'x-rollbar-access-token': 'ours' })).status).toBe(403);
  });

  it('takes 512 KiB and not one byte more', async () => {
    const sandbox = await sandboxForTest();
    const withText = (length: number) => item({ body: { message: { body: 'x'.repeat(length) } } });
    const room = 512 * 1024 - JSON.stringify({ data: withText(0) }).length;
    expect((await postItem(sandbox, withText(room))).status).toBe(200);
    expect((await postItem(sandbox, withText(room + 1))).status).toBe(413);
  });

  it('refuses what is not JSON', async () => {
    const sandbox = await sandboxForTest();
    const headers = { 'x-rollbar-access-token': SANDBOX_ROLLBAR_TOKEN };
    const response = await fetch(`${sandbox.url}/api/1/item/`, { method: 'POST', headers, body: '{' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ err: 1 });
  });

  it('asks to wait when the limit of the minute is used up', async () => {
    const sandbox = await sandboxForTest({ rollbarItemsPerMinute: 1 });
    await postItem(sandbox, item());
    const response = await postItem(sandbox, item({ uuid: 'another' }));
    expect(response.status).toBe(429);
    expect(response.headers.get('x-rate-limit-remaining')).toBe('0');
  });

  it.each([
    ['no data', undefined],
    ['no environment', item({ environment: undefined })],
    ['an environment of 256 characters', item({ environment: 'e'.repeat(256) })],
    ['an unknown level', item({ level: 'fatal' })],
    ['a time with a fraction', item({ timestamp: 1795225154.5 })],
    ['a uuid of 37 characters', item({ uuid: 'u'.repeat(37) })],
    ['a code version of 41 characters', item({ code_version: 'v'.repeat(41) })],
    ['a person id of 41 characters', item({ person: { id: 'p'.repeat(41) } })],
    ['a person id that is a number', item({ person: { id: 7 } })],
    ['a username of 256 characters', item({ person: { id: 'p', username: 'u'.repeat(256) } })],
    ['an email of 256 characters', item({ person: { id: 'p', email: 'e'.repeat(256) } })],
    ['a title of 256 characters', item({ title: 't'.repeat(256) })],
    ['a context of 256 characters', item({ context: 'c'.repeat(256) })],
    ['no body', item({ body: {} })],
    ['two bodies', item({ body: { trace, message: { body: 'x' } } })],
    ['an empty message', item({ body: { message: { body: '' } } })],
    ['an empty chain', item({ body: { trace_chain: [] } })],
    ['a trace without frames', item({ body: { trace: { exception: trace.exception } } })],
    ['a frame without a filename', item({ body: { trace: { ...trace, frames: [{ lineno: 1 }] } } })],
    ['an exception without a class', item({ body: { trace_chain: [trace, { frames: [] }] } })],
  ])('refuses an item with %s', async (_what, data) => {
    const sandbox = await sandboxForTest();
    const response = await postItem(sandbox, data);
    expect(response.status).toBe(422);
    expect(sandbox.counts().rollbar).toEqual({ requests: 1, items: 0, uniqueItems: 0, refused: 1 });
  });

  it('takes an item whose fields are as long as they may be', async () => {
    const sandbox = await sandboxForTest();
    const fields = { environment: 'é'.repeat(255), uuid: 'u'.repeat(36), person: { id: 'p'.repeat(40) } };
    expect((await postItem(sandbox, item(fields))).status).toBe(200);
  });
});
