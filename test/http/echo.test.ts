// Part of the tests of http: vendors and proxies that say back what they were sent.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HttpClient } from '../../src/http/client.ts';
import { keysIn, withoutKeys } from '../../src/http/echo.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';

const TOKEN = 'a/long+token=of=many/characters==';
const BASIC = Buffer.from('jane:p@ss word').toString('base64');

let echo: Server;
let port: number;
const clients: HttpClient[] = [];

beforeAll(async () => {
  echo = createServer((request, response) => {
    const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
    const forms = [TOKEN.replaceAll('/', '\\/'), encodeURIComponent(TOKEN)];
    response.writeHead(403, { 'x-why': `token ${request.headers['x-amz-security-token']} expired` });
    response.end(['é', request.url, ...headers, ...forms].join('\n'));
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  port = (echo.address() as AddressInfo).port;
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
  echo.close();
});

function ask(headers: Record<string, string>, host = `127.0.0.1:${port}`, proxies = {}) {
  const client = createHttpClient({ connections: 1, clock: systemClock, proxies });
  clients.push(client);
  return client.request({ method: 'POST', url: new URL(`http://${host}/x`), headers, timeoutMs: 5000 });
}

describe('an answer', () => {
  it('holds no key that was sent, however it is written, and the rest as it came', async () => {
    const answer = await ask({
      authorization: `Bearer ${TOKEN}`,
      'X-Amz-Security-Token': TOKEN,
      'x-honeycomb-team': 'abcdefghij0123456789',
      'x-rollbar-access-token': '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
      'user-agent': 'sidecast/1',
    });
    const said = Buffer.from(answer.body).toString();

    expect(said).toContain('é\n/x\n');
    expect(said).toContain('user-agent: sidecast/1');
    expect(said).toContain(`x-honeycomb-team: ${'*'.repeat(20)}\n`);
    expect(said).toContain(`x-rollbar-access-token: ${'*'.repeat(32)}\n`);
    expect(said).not.toMatch(/many|0f1e/);
    expect(answer.headers['x-why']).toBe(`token ${'*'.repeat(TOKEN.length)} expired`);
  });

  it("holds nothing of the proxy's user either", async () => {
    const answer = await ask({}, 'vendor.test', { http: `http://jane:p%40ss%20word@127.0.0.1:${port}` });
    const said = Buffer.from(answer.body).toString();

    expect(said).toContain('proxy-authorization: ');
    expect(said).not.toContain(BASIC);
  });
});

describe('an answer that has room for little', () => {
  const KEY = 'abcdefghij0123456789';
  const sent = { authorization: `Bearer ${KEY}` };
  const masked = (headers: Record<string, string>, body: string) => {
    const answer = { status: 403, headers, body: Buffer.from(body) };
    const { headers: shown, body: rest } = withoutKeys(answer, sent);
    return [shown, Buffer.from(rest).toString()];
  };

  it('holds no key in a header, though its body is empty', () => {
    expect(masked({ 'x-why': KEY }, '')).toEqual([{ 'x-why': '*'.repeat(KEY.length) }, '']);
  });

  it('holds no key in a body that is nothing else, and too short for the whole header', () => {
    expect(masked({}, KEY)).toEqual([{}, '*'.repeat(KEY.length)]);
  });

  it('is as it came where it is shorter than any key', () => {
    expect(masked({ 'x-why': 'no' }, KEY.slice(1))).toEqual([{ 'x-why': 'no' }, KEY.slice(1)]);
  });
});

describe(keysIn, () => {
  it('passes over what is too short to be one, and what is none', () => {
    expect(keysIn({ authorization: 'abc', 'content-type': 'application/json' })).toEqual([]);
    expect(keysIn({ authorization: 'a/b=c/d' })).toEqual(['a\\/b=c\\/d', 'a%2Fb%3Dc%2Fd']);
  });
});
