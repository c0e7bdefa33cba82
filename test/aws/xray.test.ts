// Part of the tests: what X-Ray gets from us beside segments: who sends, when, where to, and the telemetry of the daemon.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { countConnectionError, noConnectionErrors } from '../../src/aws/connection-errors.ts';
import { AwsError } from '../../src/aws/errors.ts';
import { type Aws, type AwsOptions, createAws } from '../../src/aws/index.ts';
import { HttpError, type HttpFailure } from '../../src/http/client.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { sandboxForTest } from '../sandbox/helpers.ts';
import { SECRET, stubKeys } from './keys.ts';
import { expectedSignature } from './sigv4.ts';
import { startVendor } from './vendor.ts';

const cleanups: (() => unknown)[] = [];

beforeEach(stubKeys);
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function awsFor(options: Partial<AwsOptions>): Aws {
  const http = createHttpClient({ connections: 2, clock: systemClock, proxies: {} });
  const aws = createAws({
    region: 'us-east-1',
    http,
    clock: systemClock,
    userAgent: 'sidecast/1.2.3',
    ...options,
  });
  cleanups.push(http.close, aws.close);
  return aws;
}

describe('PutTraceSegments', () => {
  it('says who sends and what time it is, as the X-Ray daemon does, and signs no more than it must', async () => {
    const vendor = await startVendor(() => ({ status: 200 }));
    cleanups.push(vendor.close);
    const clock = { ...systemClock, now: () => 1_795_225_151_500 };
    const aws = awsFor({ xrayEndpoint: vendor.url, clock, executionEnv: 'AWS_ECS_FARGATE' });

    await aws.xray.putTraceSegments(Buffer.from('{"TraceSegmentDocuments":[]}'));

    const [request] = vendor.requests;
    expect(request?.headers['x-amzn-xray-timestamp']).toBe('1795225151.500000000');
    expect(request?.headers['user-agent']).toMatch(
      /^sidecast\/1\.2\.3 xray-agent\/sidecast\/1\.2\.3 exec-env\/AWS_ECS_FARGATE OS\/[a-z]+-[a-z0-9]+$/,
    );
    const { claimed, expected, signed } = expectedSignature(request as never, SECRET);
    expect(claimed).toBe(expected);
    expect(signed.toSorted()).toEqual([
      'content-type',
      'host',
      'x-amz-content-sha256',
      'x-amz-date',
      'x-amzn-xray-timestamp',
    ]);
  });

  it.each([
    ['eu-central-1', {}, 'xray.eu-central-1.amazonaws.com'],
    ['cn-north-1', {}, 'xray.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', {}, 'xray.us-gov-west-1.amazonaws.com'],
    ['us-iso-east-1', {}, 'xray.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', {}, 'xray.us-isob-east-1.sc2s.sgov.gov'],
    ['us-gov-east-1', { AWS_USE_FIPS_ENDPOINT: 'true' }, 'xray-fips.us-gov-east-1.amazonaws.com'],
    ['us-east-1', { AWS_USE_DUALSTACK_ENDPOINT: 'true' }, 'xray.us-east-1.api.aws'],
  ])('goes to the endpoint of the partition: %s, %j', async (region, variables, host) => {
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    const asked: string[] = [];
    const http = {
      async request({ url }: { url: URL }) {
        asked.push(url.href);
        return { status: 200, headers: {}, body: new Uint8Array() };
      },
      close: async () => undefined,
    };

    await awsFor({ region, http }).xray.putTraceSegments(Buffer.from('{}'));

    expect(asked).toEqual([`https://${host}/TraceSegments`]);
  });

  it('counts how it failed', async () => {
    const answers = [429, 503, 503];
    const vendor = await startVendor((_, index) => ({ status: answers[index] ?? 200 }));
    cleanups.push(vendor.close);
    const { xray } = awsFor({ xrayEndpoint: vendor.url });

    for (const _ of [...answers, 200]) await xray.putTraceSegments(Buffer.from('{}')).catch(() => undefined);

    expect(xray.connectionErrors()).toEqual({
      ...noConnectionErrors(),
      HTTPCode4XXCount: 1,
      HTTPCode5XXCount: 2,
    });
  });
});

describe(countConnectionError, () => {
  it.each<[HttpFailure, string | undefined]>([
    ['timeout', 'TimeoutCount'],
    ['refused', 'ConnectionRefusedCount'],
    ['dns', 'UnknownHostCount'],
    ['tls', 'OtherCount'],
    ['reset', 'OtherCount'],
    ['proxy', 'OtherCount'],
    ['aborted', undefined],
  ])('counts %s as %s', (kind, count) => {
    const counts = noConnectionErrors();

    countConnectionError(counts, new HttpError(kind, 'why'));
    // Nobody was asked.
    countConnectionError(counts, new AwsError('no_credentials', 'none'));

    expect(counts).toEqual({ ...noConnectionErrors(), ...(count && { [count]: 1 }) });
  });
});

describe('PutTelemetryRecords', () => {
  it('is what the service model says', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIASANDBOX000000000');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'sandbox/secret/access/key/that/opens/nothing');
    const sandbox = await sandboxForTest();
    const { xray } = awsFor({ xrayEndpoint: new URL(sandbox.url) });
    const record = {
      Timestamp: 1_795_225_151.98,
      SegmentsReceivedCount: 5,
      SegmentsSentCount: 3,
      SegmentsSpilloverCount: 1,
      SegmentsRejectedCount: 1,
      BackendConnectionErrors: noConnectionErrors(),
    };

    await xray.putTelemetryRecords({ TelemetryRecords: [record], Hostname: 'ip-10-0-0-1' });

    const tooLong = xray.putTelemetryRecords({ TelemetryRecords: [record], EC2InstanceId: 'i'.repeat(21) });
    await expect(tooLong).rejects.toMatchObject({ kind: 'invalid', code: 'InvalidRequestException' });
  });
});
