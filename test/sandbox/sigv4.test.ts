// Part of the tests: SigV4 against the signatures that AWS publishes, so that the sandbox's verdict on ours means something.
import { describe, expect, it } from 'vitest';
import { canonicalRequest, signatureOf, verifySignature } from '../../src/sandbox/sigv4.ts';
import type { VendorRequest } from '../../src/sandbox/vendor.ts';
import { callLogs, postSigned, sandboxForTest, segment } from './helpers.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const TIME = '20150830T123600Z';

const vanilla = (method: string, query = '', path = '/') => ({
  method,
  path,
  query,
  rawHeaders: ['Host', 'example.amazonaws.com', 'X-Amz-Date', TIME],
  body: Buffer.alloc(0),
});
const scope = { secretAccessKey: SECRET, region: 'us-east-1', service: 'service' };
const HOST_AND_DATE = ['host', 'x-amz-date'];

describe('signature version 4', () => {
  it.each([
    ['get-vanilla', vanilla('GET'), '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    ['post-vanilla', vanilla('POST'), '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
    [
      'get-vanilla-query-order-key-case',
      vanilla('GET', 'Param2=value2&Param1=value1'),
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-vanilla-utf8-query',
      vanilla('GET', '%E1%88%B4=bar'),
      '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    ],
  ])('gives the signature of the published example %s', (_name, request, signature) => {
    expect(signatureOf(request, HOST_AND_DATE, TIME, scope)).toBe(signature);
  });

  it('gives the signature of the IAM ListUsers example', () => {
    const request = {
      ...vanilla('GET', 'Action=ListUsers&Version=2010-05-08'),
      rawHeaders: [
        'Content-Type',
        'application/x-www-form-urlencoded; charset=utf-8',
        'Host',
        'iam.amazonaws.com',
        'X-Amz-Date',
        TIME,
      ],
    };
    expect(
      signatureOf(request, ['content-type', 'host', 'x-amz-date'], TIME, { ...scope, service: 'iam' }),
    ).toBe('5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7');
  });

  it('joins repeated headers, trims values and encodes the path once more', () => {
    const request = {
      ...vanilla('GET', '', '/a%20b/c'),
      rawHeaders: ['Host', 'h', 'My-Header', '  a   b ', 'my-header', 'c'],
    };
    expect(canonicalRequest(request, ['host', 'my-header']).split('\n').slice(0, 5)).toEqual([
      'GET',
      '/a%2520b/c',
      '',
      'host:h',
      'my-header:a b,c',
    ]);
  });

  it('accepts the published request whole, as it would be received', () => {
    const signature = '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31';
    const authorization = `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`;
    const request: VendorRequest = {
      ...vanilla('GET'),
      headers: { host: 'example.amazonaws.com', 'x-amz-date': TIME, authorization },
    };
    const known = [{ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: SECRET }];
    const now = Date.UTC(2015, 7, 30, 12, 40);
    expect(verifySignature(request, 'service', known, now)).toBeUndefined();
    const other = { ...request, method: 'POST' };
    expect(verifySignature(other, 'service', known, now)?.code).toBe('InvalidSignatureException');
  });
});

describe('an AWS request with a wrong signature', () => {
  const body = JSON.stringify({ TraceSegmentDocuments: [segment()] });
  const wrongSecret = { accessKeyId: 'AKIASANDBOX000000000', secretAccessKey: 'another' };
  const unknownKey = { accessKeyId: 'AKIANOTKNOWN00000000', secretAccessKey: 'another' };

  it.each([
    ['signed with another secret', { credential: wrongSecret }, 'InvalidSignatureException'],
    ['of an unknown key', { credential: unknownKey }, 'UnrecognizedClientException'],
    ['whose body was changed', { sentBody: `${body} ` }, 'InvalidSignatureException'],
    ['for another service', { service: 'logs' as const }, 'InvalidSignatureException'],
    ['that leaves the host unsigned', { leaveUnsigned: ['host'] }, 'InvalidSignatureException'],
    ['that leaves an x-amz header unsigned', { leaveUnsigned: ['x-amz-date'] }, 'InvalidSignatureException'],
    ['from six minutes ago', { atMs: Date.now() - 6 * 60_000 }, 'InvalidSignatureException'],
    ['from six minutes ahead', { atMs: Date.now() + 6 * 60_000 }, 'InvalidSignatureException'],
    [
      'that claims a wrong body hash',
      { headers: { 'x-amz-content-sha256': '00' } },
      'InvalidSignatureException',
    ],
    [
      'with a token nobody gave out',
      { headers: { 'x-amz-security-token': 't' } },
      'UnrecognizedClientException',
    ],
  ])('is refused when it is one %s', async (_what, signing, code) => {
    const sandbox = await sandboxForTest();
    const response = await postSigned(sandbox, '/TraceSegments', body, { service: 'xray', ...signing });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-amzn-errortype')).toBe(code);
    expect(sandbox.counts()['aws-xray']).toEqual({ requests: 1, items: 0, uniqueItems: 0, refused: 1 });
  });

  it('is refused when it has none, in the words of either protocol', async () => {
    const sandbox = await sandboxForTest();
    const xray = await fetch(`${sandbox.url}/TraceSegments`, { method: 'POST', body });
    expect(xray.status).toBe(403);
    expect(xray.headers.get('x-amzn-errortype')).toBe('MissingAuthenticationTokenException');
    const headers = { 'x-amz-target': 'Logs_20140328.PutLogEvents' };
    const logs = await fetch(sandbox.url, { method: 'POST', body: '{}', headers });
    expect(logs.status).toBe(403);
    expect(await logs.json()).toMatchObject({ __type: 'MissingAuthenticationTokenException' });
  });

  it('is taken with the session token of its credential', async () => {
    const credential = { accessKeyId: 'ASIATEMPORARY', secretAccessKey: 's', sessionToken: 'session' };
    const sandbox = await sandboxForTest({ credentials: { aws: [credential] } });
    const right = await postSigned(sandbox, '/TraceSegments', body, { service: 'xray', credential });
    expect(right.status).toBe(200);
    const { sessionToken: _, ...without } = credential;
    const wrong = await postSigned(sandbox, '/TraceSegments', body, { service: 'xray', credential: without });
    expect(wrong.headers.get('x-amzn-errortype')).toBe('UnrecognizedClientException');
  });

  it('of STS is refused, and a right one tells who is calling', async () => {
    const sandbox = await sandboxForTest();
    const form = 'Action=GetCallerIdentity&Version=2011-06-15';
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const right = await postSigned(sandbox, '/', form, { service: 'sts', headers });
    expect(await right.text()).toContain('<Account>000000000000</Account>');
    const wrong = await postSigned(sandbox, '/', form, { service: 'sts', headers, credential: wrongSecret });
    expect(wrong.status).toBe(403);
    expect(await wrong.text()).toContain('<Code>InvalidSignatureException</Code>');
  });

  it('does not count calls that carry no items', async () => {
    const sandbox = await sandboxForTest();
    expect((await callLogs(sandbox, 'DescribeLogGroups', {})).status).toBe(200);
    expect(sandbox.counts()['aws-cloudwatch-logs'].requests).toBe(0);
  });
});
