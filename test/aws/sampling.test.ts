// Part of the tests: the two sampling calls as AWS gets them.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Aws, createAws } from '../../src/aws/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { expectedSignature } from './sigv4.ts';
import { type Answer, startVendor, type Vendor } from './vendor.ts';

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
let vendor: Vendor;
let aws: Aws;
let answer: Answer;
let close: () => Promise<void>;

beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', SECRET);
  vi.stubEnv('AWS_SESSION_TOKEN', undefined);
  answer = { status: 200, body: {} };
  vendor = await startVendor(() => answer);
  const http = createHttpClient({ connections: 1, clock: systemClock, proxies: {} });
  const options = { region: 'us-east-1', xrayEndpoint: vendor.url, http, clock: systemClock };
  aws = createAws({ ...options, userAgent: 'sidecast/test' });
  close = async () => {
    await aws.close();
    await http.close();
    await vendor.close();
  };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await close();
});

describe('the sampling calls', () => {
  it('sign their own few headers: what a proxy adds or changes cannot break the signature', async () => {
    await aws.xray.getSamplingRules();
    await aws.xray.getSamplingTargets({ SamplingStatisticsDocuments: [] });

    expect(
      vendor.requests.map(({ method, path, body }) => [method, path, Buffer.from(body).toString()]),
    ).toEqual([
      ['POST', '/GetSamplingRules', '{}'],
      ['POST', '/SamplingTargets', '{"SamplingStatisticsDocuments":[]}'],
    ]);
    for (const request of vendor.requests) {
      const { claimed, expected, signed } = expectedSignature(request, SECRET);
      expect(claimed).toBe(expected);
      expect(signed).toEqual(['content-type', 'host', 'x-amz-content-sha256', 'x-amz-date']);
    }
  });

  it('leave in the answer what they do not know', async () => {
    answer = {
      status: 200,
      body: { SamplingRuleRecords: [{ SamplingRule: { Tomorrow: 1 } }], LastRuleModification: 1.5 },
    };

    expect(await aws.xray.getSamplingRules()).toEqual(answer.body);
    expect(await aws.xray.getSamplingTargets({})).toEqual(answer.body);
  });

  it.each(['<html>', '7', ''])('fail when the answer is %j', async (body) => {
    answer = { status: 200, body };

    await expect(aws.xray.getSamplingRules()).rejects.toMatchObject({ name: 'AwsError', kind: 'unexpected' });
  });
});
