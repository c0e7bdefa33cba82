// Part of the tests: the calls of provision: lists page by page, to their end.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Aws, createAws } from '../../src/aws/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import { stubKeys } from './keys.ts';
import { type Answer, startVendor, type Vendor } from './vendor.ts';

const cleanups: (() => unknown)[] = [];

beforeEach(stubKeys);
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function awsAnswering(answer: (index: number) => Answer): Promise<{ aws: Aws; vendor: Vendor }> {
  const vendor = await startVendor((_, index) => answer(index));
  const http = createHttpClient({ connections: 2, clock: systemClock, proxies: {} });
  const endpoints = { xrayEndpoint: vendor.url, logsEndpoint: vendor.url };
  const aws = createAws({ region: 'us-east-1', ...endpoints, http, clock: systemClock, userAgent: 'test' });
  cleanups.push(vendor.close, http.close, aws.close);
  return { aws, vendor };
}

const pages =
  (...bodies: readonly object[]) =>
  (index: number): Answer => ({
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: bodies[Math.min(index, bodies.length - 1)],
  });
const asked = ({ requests }: Vendor) =>
  requests.map(({ body }) => JSON.parse(Buffer.from(body).toString()) as object);

it('reads all groups and rules', async () => {
  const { aws, vendor } = await awsAnswering(
    pages(
      { Groups: [{ GroupName: 'a' }], NextToken: 'more' },
      {},
      { Groups: [{ GroupName: 'b' }], NextToken: null },
    ),
  );

  expect(await aws.xrayControl.groups()).toEqual([{ GroupName: 'a' }]);
  expect(asked(vendor)).toEqual([{}, { NextToken: 'more' }]);
  expect(await aws.xrayControl.groups()).toEqual([{ GroupName: 'b' }]);

  const rules = await awsAnswering(
    pages(
      { SamplingRuleRecords: [{ SamplingRule: { RuleName: 'a' } }, {}], NextToken: 'more' },
      { SamplingRuleRecords: [{ SamplingRule: { RuleName: 'b' } }] },
    ),
  );
  expect(await rules.aws.xrayControl.samplingRules()).toEqual([{ RuleName: 'a' }, { RuleName: 'b' }]);
});

it('does not follow a list without end', async () => {
  const { aws, vendor } = await awsAnswering(pages({ Groups: [], NextToken: 'again' }));

  await expect(aws.xrayControl.groups()).rejects.toMatchObject({ kind: 'unexpected' });
  expect(vendor.requests).toHaveLength(100);
});

it('finds a log group among those whose names begin alike', async () => {
  const { aws, vendor } = await awsAnswering(
    pages(
      { logGroups: [{ logGroupName: 'cruddur-2' }], nextToken: 'more' },
      { logGroups: [{ logGroupName: 'cruddur', retentionInDays: 7 }], nextToken: 'yet more' },
    ),
  );

  expect(await aws.logsControl.logGroup('cruddur')).toMatchObject({ retentionInDays: 7 });
  expect(asked(vendor)).toEqual([
    { logGroupNamePrefix: 'cruddur' },
    { logGroupNamePrefix: 'cruddur', nextToken: 'more' },
  ]);
  const none = await awsAnswering(pages({ logGroups: [{ logGroupName: 'cruddur-2' }] }));
  expect(await none.aws.logsControl.logGroup('cruddur')).toBeUndefined();
});
