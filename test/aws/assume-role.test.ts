// Part of the tests: X-Ray as another role, against an STS and an X-Ray on loopback.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAws } from '../../src/aws/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { SECRET, stubKeys } from './keys.ts';
import { expectedSignature, type Received } from './sigv4.ts';
import { type Answer, startVendor } from './vendor.ts';

const ROLE = 'arn:aws:iam::210987654321:role/traces';
const cleanups: (() => unknown)[] = [];

beforeEach(stubKeys);
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const assumed = (key: string, lastsMs: number): Answer => ({
  status: 200,
  body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
    <AccessKeyId>${key}</AccessKeyId><SecretAccessKey>role/secret+</SecretAccessKey><SessionToken>role/token==</SessionToken>
    <Expiration>${new Date(Date.now() + lastsMs).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
});

async function asRole(answer: (index: number) => Answer) {
  const sts = await startVendor((_, index) => answer(index));
  const vendor = await startVendor(() => ({ status: 200 }));
  const http = createHttpClient({ connections: 4, clock: systemClock, proxies: {} });
  const aws = createAws({
    region: 'us-east-1',
    xrayEndpoint: vendor.url,
    logsEndpoint: vendor.url,
    xrayRole: { arn: ROLE, stsEndpoint: sts.url },
    http,
    clock: systemClock,
    userAgent: 'sidecast/test',
  });
  cleanups.push(sts.close, vendor.close, http.close, aws.close);
  return { sts, vendor, aws };
}

const send = (body: object) => Buffer.from(JSON.stringify(body));

describe('a role for X-Ray', () => {
  it('is assumed with the credentials that are there, under the session name of the X-Ray daemon', async () => {
    const { sts, aws } = await asRole(() => assumed('ASIAROLE', 3_600_000));

    await aws.xray.putTraceSegments(send({}));

    const request = sts.requests[0] as Received;
    const { claimed, expected, scope } = expectedSignature(request, SECRET);
    expect([claimed, scope]).toEqual([expected, expect.stringMatching(/\/us-east-1\/sts\/aws4_request$/)]);
    expect(Object.fromEntries(new URLSearchParams(Buffer.from(request.body).toString()))).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: ROLE,
      RoleSessionName: 'xray-daemon',
    });
  });

  it('signs what goes to X-Ray, and nothing else', async () => {
    const { sts, vendor, aws } = await asRole(() => assumed('ASIAROLE', 3_600_000));

    await aws.xray.putTraceSegments(send({}));
    await aws.xray.putTraceSegments(send({}));
    await aws.logs.putLogEvents(send({}));

    const keys = vendor.requests.map(
      ({ headers }) => /Credential=(\w+)/.exec(headers['authorization'] ?? '')?.[1],
    );
    expect(keys).toEqual(['ASIAROLE', 'ASIAROLE', 'AKIDEXAMPLE']);
    expect(vendor.requests[0]?.headers['x-amz-security-token']).toBe('role/token==');
    expect(sts.requests).toHaveLength(1);
  });

  it('is assumed again when it is about to expire', async () => {
    const { vendor, aws } = await asRole((index) => assumed(`ASIA${index}`, index === 0 ? 1_000 : 3_600_000));

    await aws.xray.putTraceSegments(send({}));

    expect(vendor.requests[0]?.headers['authorization']).toMatch(/Credential=ASIA[01]/);
    await aws.xray.putTraceSegments(send({}));
    expect(vendor.requests[1]?.headers['authorization']).toContain('Credential=ASIA1');
  });

  it('that may not be assumed is named, with what STS says', async () => {
    const { vendor, aws } = await asRole(() => ({
      status: 403,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized to perform sts:AssumeRole</Message></Error></ErrorResponse>',
    }));

    await expect(aws.xray.putTraceSegments(send({}))).rejects.toMatchObject({
      kind: 'no_credentials',
      message: expect.stringContaining(`${ROLE} was not assumed (403 AccessDenied not authorized`),
    });
    expect(vendor.requests).toEqual([]);
  });
});
