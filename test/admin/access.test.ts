// Part of the tests: who may ask the admin port, by name and by token.
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from '../../src/cli/admin-port.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

let app: TestApp | undefined;
afterEach(() => app?.shutdown('test'));

async function start(settings: Record<string, string> = {}): Promise<void> {
  app = await startTestApp(settings);
}

/** fetch sets Host by itself. */
async function statusOf(path: string, headers: Record<string, string>): Promise<number | undefined> {
  const answer = await ask(
    { url: new URL(app?.adminUrl ?? '') },
    {
      method: 'GET',
      path,
      query: new URLSearchParams(),
      headers,
    },
  );
  answer.resume();
  return answer.statusCode;
}

it('says in every answer that it is what it says, and for this page alone', async () => {
  await start();
  for (const path of ['status', 'livez', 'api/traces', 'nowhere']) {
    const { headers } = await fetch(new URL(path, app?.adminUrl));

    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
  }
});

describe('a name', () => {
  it.each([
    ['127.0.0.1:4319', 200],
    ['[::1]:4319', 200],
    ['localhost', 200],
    ['sidecast:4319', 200],
    ['page.localhost:1', 200],
    ['allowed.example.com:4319', 200],
    ['ALLOWED.example.com.', 200],
    ['evil.example.com', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['[::1].evil.example', 403],
    ['localhost@evil.example', 403],
  ])('%s is answered with %i', async (host, status) => {
    await start({ SIDECAST_ADMIN_HOSTS: 'allowed.example.com' });

    expect(await statusOf('status', { host })).toBe(status);
    expect(await statusOf('api/traces', { host })).toBe(status);
    expect(await statusOf('livez', { host })).toBe(200);
    expect(await statusOf('metrics', { host })).toBe(200);
  });
});

describe('a token', () => {
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

  it.each([
    [undefined, 401],
    ['Bearer open sesame', 200],
    ['bearer open sesame', 200],
    ['Bearer open sesam', 401],
    [basic('anybody:open sesame'), 200],
    [basic('anybody:wrong'), 401],
    ['Digest open sesame', 401],
  ])('presented as %s is answered with %i', async (authorization, status) => {
    await start({ SIDECAST_ADMIN_TOKEN: 'open sesame' });
    const headers: Record<string, string> = authorization ? { authorization } : {};

    expect(await statusOf('', headers)).toBe(status);
    expect(await statusOf('api/stream-that-is-none', headers)).toBe(status === 200 ? 404 : 401);
    expect(await statusOf('livez', {})).toBe(200);
  });

  it('is sent by the commands that ask the admin port', async () => {
    await start({ SIDECAST_ADMIN_TOKEN: 'p@ss:word/1' });
    const url = new URL(app?.adminUrl ?? '');
    [url.username, url.password] = ['sidecast', 'p@ss:word/1'];

    const answer = await ask(
      { url },
      { method: 'GET', path: 'api/dead-letters', query: new URLSearchParams() },
    );
    answer.resume();

    expect(answer.statusCode).toBe(200);
  });
});
