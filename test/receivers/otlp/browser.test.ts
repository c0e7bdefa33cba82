// Part of the tests of receivers/otlp: web pages.
import { afterEach, describe, expect, it } from 'vitest';
import { captureText } from '../../protocols/otlp/oracle.ts';
import { call, JSON_TYPE, startReceiver, stopReceivers } from './support.ts';

afterEach(stopReceivers);

const origin = 'https://app.example.com';
const body = captureText('node-otel/01-traces-json.json');
const preflight = {
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,x-honeycomb-team',
    'access-control-request-private-network': 'true',
  },
};

describe('a page of an allowed origin', () => {
  it.each([[origin], ['https://*.example.com'], ['*']])('may send when %s is allowed', async (allowed) => {
    const { port, intake } = await startReceiver({ corsOrigins: ['http://other', allowed] });
    const asked = await call(port, preflight);
    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type,x-honeycomb-team',
      'access-control-allow-credentials': 'true',
      'access-control-allow-private-network': 'true',
      'access-control-max-age': '86400',
    });
    const sent = await call(port, { headers: { ...JSON_TYPE, origin }, body });
    expect(sent.status).toBe(200);
    expect(sent.headers['access-control-allow-origin']).toBe(origin);
    expect(intake.accepted).toHaveLength(1);
  });

  it('sees errors, and when to come again', async () => {
    const { port, intake } = await startReceiver({ corsOrigins: [origin] });
    intake.room = false;
    const bad = await call(port, { headers: { 'content-type': 'text/plain', origin }, body });
    const missing = await call(port, { path: '/nowhere', headers: { ...JSON_TYPE, origin }, body });
    const full = await call(port, { headers: { ...JSON_TYPE, origin }, body });
    expect([bad.status, missing.status, full.status]).toEqual([415, 404, 503]);
    for (const answer of [bad, missing, full]) {
      expect(answer.headers['access-control-allow-origin']).toBe(origin);
      expect(answer.headers['access-control-expose-headers']).toBe('Retry-After');
      expect(answer.headers.vary).toBe('Origin');
    }
  });
});

describe('a page of another origin', () => {
  it.each([['https://app.example.com.evil.net'], ['http://app.example.com'], ['null']])(
    '%s is allowed nothing',
    async (other) => {
      const { port } = await startReceiver({ corsOrigins: [origin] });
      const answer = await call(port, { ...preflight, headers: { ...preflight.headers, origin: other } });
      expect(answer.status).toBe(204);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    },
  );

  it('is allowed nothing when no origin is set', async () => {
    const { port } = await startReceiver();
    const answer = await call(port, preflight);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers.allow).toBe('POST, OPTIONS');
  });
});
