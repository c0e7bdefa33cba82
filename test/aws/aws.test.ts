// Part of the tests: the AWS calls against a server on loopback.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AwsError } from '../../src/aws/errors.ts';
import { type Aws, createAws } from '../../src/aws/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { temporaryDir } from '../support/records.ts';
import { SECRET, stubKeys } from './keys.ts';
import { expectedSignature, type Received } from './sigv4.ts';
import { type Answer, startVendor, type Vendor } from './vendor.ts';

const cleanups: (() => unknown)[] = [];

beforeEach(stubKeys);
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function vendorAnd(
  answer: (index: number) => Answer,
  now = systemClock.now,
): Promise<{ vendor: Vendor; aws: Aws }> {
  const vendor = await startVendor((_, index) => answer(index));
  const http = createHttpClient({ connections: 4, clock: systemClock, proxies: {} });
  const aws = createAws({
    region: 'us-east-1',
    xrayEndpoint: vendor.url,
    logsEndpoint: vendor.url,
    http,
    clock: { ...systemClock, now },
    userAgent: 'sidecast/test',
  });
  cleanups.push(vendor.close, http.close, aws.close);
  return { vendor, aws };
}

const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('should have failed'),
    (error: unknown) => error as AwsError,
  );

describe(expectedSignature, () => {
  it('agrees with the published examples get-vanilla and post-vanilla', () => {
    const request = (method: string, signature: string) => ({
      method,
      path: '/',
      headers: {
        host: 'example.amazonaws.com',
        'x-amz-date': '20150830T123600Z',
        authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
      },
      body: new Uint8Array(),
    });

    const get = expectedSignature(
      request('GET', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'),
      SECRET,
    );
    const post = expectedSignature(
      request('POST', '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'),
      SECRET,
    );

    expect([get.claimed, post.claimed]).toEqual([get.expected, post.expected]);
  });
});

describe('the signed calls', () => {
  it('carry a signature that a second implementation agrees with', async () => {
    vi.stubEnv('AWS_SESSION_TOKEN', 'token/+=');
    const { vendor, aws } = await vendorAnd(() => ({ status: 200 }));

    await aws.xray.putTraceSegments(bytes({ TraceSegmentDocuments: ['{"id":"é"}'] }));
    await aws.logs.putLogEvents(bytes({ logEvents: [] }));

    const [xray, logs] = vendor.requests.map((request) => ({
      ...request,
      ...expectedSignature(request, SECRET),
    }));
    expect(xray).toMatchObject({
      path: '/TraceSegments',
      claimed: xray?.expected,
      scope: expect.stringMatching(/^\d{8}\/us-east-1\/xray\/aws4_request$/),
    });
    expect(logs).toMatchObject({
      path: '/',
      claimed: logs?.expected,
      scope: expect.stringMatching(/^\d{8}\/us-east-1\/logs\/aws4_request$/),
    });
    expect(logs?.headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'Logs_20140328.PutLogEvents',
      'x-amz-security-token': 'token/+=',
      'user-agent': 'sidecast/test',
    });
    expect(logs?.signed).toEqual(
      expect.arrayContaining(['host', 'x-amz-date', 'x-amz-target', 'x-amz-security-token']),
    );
  });

  it("ignore a backend's AWS_ENDPOINT_URL", async () => {
    const { vendor, aws } = await vendorAnd(() => ({ status: 200, body: { SamplingRuleRecords: [] } }));
    vi.stubEnv('AWS_ENDPOINT_URL', 'http://127.0.0.1:9');
    const asked: string[] = [];
    const http = {
      request: async (request: { url: URL }) => {
        asked.push(request.url.href);
        return { status: 200, headers: {}, body: bytes({}) };
      },
      close: async () => undefined,
    };
    const regional = createAws({
      region: 'eu-central-1',
      http,
      clock: systemClock,
      userAgent: 'sidecast/test',
    });

    await aws.logs.createLogStream('group', 'stream');
    await regional.xray.putTraceSegments(bytes({}));
    await regional.xray.getSamplingRules();
    await regional.logs.createLogStream('group', 'stream');

    expect(vendor.targets()).toEqual(['CreateLogStream']);
    expect(asked).toEqual([
      'https://xray.eu-central-1.amazonaws.com/TraceSegments',
      'https://xray.eu-central-1.amazonaws.com/GetSamplingRules',
      'https://logs.eu-central-1.amazonaws.com/',
    ]);
  });

  it('sign again with the time of the vendor when only the clock is wrong', async () => {
    const nowMs = Date.UTC(2026, 0, 1);
    const date = new Date(nowMs + 3_600_000).toUTCString();
    const skewed = {
      status: 403,
      headers: { date, 'x-amzn-errortype': 'InvalidSignatureException' },
      body: { message: 'Signature expired' },
    };
    const { vendor, aws } = await vendorAnd(
      (index) => (index === 0 ? skewed : { status: 200 }),
      () => nowMs,
    );

    await aws.xray.putTraceSegments(bytes({}));

    expect(vendor.requests.map(({ headers }) => headers['x-amz-date'])).toEqual([
      '20260101T000000Z',
      '20260101T010000Z',
    ]);
  });

  it('fail with the kind, name and body that the vendor gave', async () => {
    const { aws } = await vendorAnd(() => ({
      status: 400,
      headers: { 'retry-after': '3' },
      body: { __type: 'com.amazonaws#ThrottlingException', message: 'Rate exceeded' },
    }));

    const error = await errorOf(aws.logs.putLogEvents(bytes({})));

    expect(error).toBeInstanceOf(AwsError);
    expect(error).toMatchObject({
      kind: 'throttled',
      code: 'ThrottlingException',
      status: 400,
      message: 'Rate exceeded',
      retryAfterMs: 3_000,
    });
    expect(error.body).toContain('Rate exceeded');
  });
});

describe('credentials that are renewed while sidecast runs', () => {
  const profile = (key: string, token: string) =>
    `[default]\naws_access_key_id = ${key}\naws_secret_access_key = ${SECRET}\naws_session_token = ${token}\n`;
  const expired: Answer = {
    status: 403,
    headers: { 'x-amzn-errortype': 'ExpiredTokenException' },
    body: { message: 'The security token included in the request is expired' },
  };

  async function withFile(): Promise<string> {
    const dir = await temporaryDir();
    cleanups.push(dir.remove);
    const path = join(dir.path, 'credentials');
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path);
    return path;
  }
  const tokens = (vendor: Vendor) => vendor.requests.map(({ headers }) => headers['x-amz-security-token']);

  it('are read from the changed file when the vendor says that they expired, and the same call goes out again', async () => {
    const path = await withFile();
    await writeFile(path, profile('AKIDOLD', 'old'));
    const { vendor, aws } = await vendorAnd((index) => (index === 1 ? expired : { status: 200 }));
    await aws.xray.putTraceSegments(bytes({}));
    await writeFile(path, profile('AKIDNEW', 'new'));

    await aws.xray.putTraceSegments(bytes({}));

    expect(tokens(vendor)).toEqual(['old', 'old', 'new']);
    const { claimed, expected } = expectedSignature(vendor.requests[2] as Received, SECRET);
    expect(claimed).toBe(expected);
  });

  it('are looked at once a refusal while they stay the same, and the refusal says where they come from', async () => {
    const path = await withFile();
    await writeFile(path, profile('AKIDOLD', 'old'));
    const { vendor, aws } = await vendorAnd(() => expired);

    const error = await errorOf(aws.logs.putLogEvents(bytes({})));

    expect(error).toMatchObject({ kind: 'unauthorized', fix: expect.stringContaining('AWS_PROFILE') });
    expect(tokens(vendor)).toEqual(['old']);
  });

  it('are found in a file that appears after the start', async () => {
    const path = await withFile();
    let nowMs = Date.now();
    const { vendor, aws } = await vendorAnd(
      () => ({ status: 200 }),
      () => nowMs,
    );
    expect((await errorOf(aws.xray.putTraceSegments(bytes({})))).kind).toBe('no_credentials');
    await writeFile(path, profile('AKIDNEW', 'new'));
    nowMs += 10_000;

    await aws.xray.putTraceSegments(bytes({}));

    expect(tokens(vendor)).toEqual(['new']);
  });
});

describe("the SDK client's calls", () => {
  it('are signed, go out once, and fail with the same kinds', async () => {
    const { vendor, aws } = await vendorAnd((index) =>
      index === 0
        ? { status: 200 }
        : {
            status: 500,
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: { __type: 'ServiceUnavailableException' },
          },
    );

    await aws.logs.createLogGroup('group', 'STANDARD');
    const error = await errorOf(aws.logs.putRetentionPolicy('group', 7));

    expect(error).toMatchObject({ kind: 'unavailable', status: 500 });
    expect(vendor.targets()).toEqual(['CreateLogGroup', 'PutRetentionPolicy']);
    expect(vendor.requests.map(({ body }) => JSON.parse(Buffer.from(body).toString()))).toEqual([
      { logGroupName: 'group', logGroupClass: 'STANDARD' },
      { logGroupName: 'group', retentionInDays: 7 },
    ]);
    for (const request of vendor.requests) {
      const { claimed, expected } = expectedSignature(request, SECRET);
      expect(claimed).toBe(expected);
    }
  });

  it('read the sampling rules page by page', async () => {
    const record = { SamplingRule: { RuleName: 'Default', Priority: 10_000, FixedRate: 0.05 } };
    const { vendor, aws } = await vendorAnd(() => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { SamplingRuleRecords: [record] },
    }));

    const page = await aws.xray.getSamplingRules('next');

    expect(page.SamplingRuleRecords?.[0]?.SamplingRule?.RuleName).toBe('Default');
    expect(Buffer.from(vendor.requests[0]?.body ?? []).toString()).toBe('{"NextToken":"next"}');
  });

  it('say that no credentials were found, without asking the vendor', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    const { vendor, aws } = await vendorAnd(() => ({ status: 200 }));

    const hot = await errorOf(aws.xray.putTraceSegments(bytes({})));
    const cold = await errorOf(aws.logs.createLogGroup('group', 'STANDARD'));

    expect([hot.kind, cold.kind, vendor.requests.length]).toEqual(['no_credentials', 'no_credentials', 0]);
  });

  it('say that no region is known', async () => {
    const http = createHttpClient({ connections: 1, clock: systemClock, proxies: {} });
    const aws = createAws({ region: undefined, http, clock: systemClock, userAgent: 'sidecast/test' });

    expect((await errorOf(aws.xray.putTraceSegments(bytes({})))).kind).toBe('no_region');
  });
});
