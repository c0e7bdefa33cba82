// Part of the tests: the sampling answers that every X-Ray SDK can read.
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSamplingApi } from '../../../src/receivers/aws-xray/sampling-api.ts';
import { readCapture } from '../../protocols/xray/otlp-json.ts';

const NOW_MS = 1_795_225_151_999;
const NOW_SECONDS = 1_795_225_151;

let api: FastifyInstance;

beforeEach(() => {
  api = createSamplingApi({ now: () => NOW_MS, schedule: () => () => {} });
});

afterEach(() => api.close());

const post = (url: string, payload?: string, headers: Record<string, string> = {}) =>
  api.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });

describe('GetSamplingRules', () => {
  it.each([
    [
      'Python, Node and Java',
      readCapture('python-xray/27-get-sampling-rules.json'),
      { 'content-type': 'application/json' },
    ],
    ['Go, without a content type', readCapture('go-xray/07-get-sampling-rules.json'), {}],
    ['.NET, without a body', '', { 'content-type': 'application/json; charset=utf-8' }],
    ['anyone, without anything', undefined, {}],
  ])('answers %s with the Default rule', async (_who, body, headers) => {
    const response = await post('/GetSamplingRules', body, headers as Record<string, string>);
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe('application/json');
    const { NextToken, SamplingRuleRecords } = response.json();
    expect(NextToken).toBeNull();
    expect(SamplingRuleRecords).toHaveLength(1);
    expect(SamplingRuleRecords[0]).toEqual({
      CreatedAt: expect.any(Number),
      ModifiedAt: expect.any(Number),
      SamplingRule: {
        RuleName: 'Default',
        RuleARN: expect.stringContaining(':sampling-rule/Default'),
        ResourceARN: '*',
        Priority: 10000,
        FixedRate: 0.05,
        ReservoirSize: 1,
        ServiceName: '*',
        ServiceType: '*',
        Host: '*',
        HTTPMethod: '*',
        URLPath: '*',
        Version: 1,
        Attributes: {},
      },
    });
  });

  it('writes integers without a fraction, which Go and .NET demand', async () => {
    const { body } = await post('/GetSamplingRules', '{}');
    expect(body).toMatch(/"Priority":10000,.*"ReservoirSize":1,.*"Version":1,/);
  });
});

describe('SamplingTargets', () => {
  it.each([
    'python-xray/28-sampling-targets.json',
    'node-xray/10-sampling-targets.json',
    'go-xray/08-sampling-targets.json',
    'java-xray/05-sampling-targets.json',
  ])('answers %s for each rule that was asked', async (path) => {
    const answer = (await post('/SamplingTargets', readCapture(path))).json();
    expect(answer.SamplingTargetDocuments).toEqual([
      {
        RuleName: 'Cruddur',
        FixedRate: 0.05,
        ReservoirQuota: 1,
        ReservoirQuotaTTL: NOW_SECONDS + 300,
        Interval: 10,
      },
    ]);
    expect(answer.UnprocessedStatistics).toEqual([]);
    // A time in the future makes SDKs fetch the rules again every 10 s.
    expect(answer.LastRuleModification).toBeLessThan(NOW_SECONDS);
  });

  it('answers nothing for nothing, and ignores members that it does not know', async () => {
    for (const body of [
      '',
      '{}',
      '{"SamplingStatisticsDocuments":null}',
      '{"SamplingBoostStatisticsDocuments":[{}]}',
    ]) {
      const response = await post('/SamplingTargets', body);
      expect([response.statusCode, response.json().SamplingTargetDocuments]).toEqual([200, []]);
    }
    const body = '{"SamplingStatisticsDocuments":[{"RuleName":"a"},{"RuleName":"a"},{"RuleName":7},null]}';
    expect((await post('/SamplingTargets', body)).json().SamplingTargetDocuments).toHaveLength(1);
  });

  it('answers 400 with a message for broken JSON', async () => {
    const response = await post('/SamplingTargets', '{');
    expect([response.statusCode, typeof response.json().message]).toEqual([400, 'string']);
  });
});

describe('everything else', () => {
  it.each([
    ['GET', '/GetSamplingRules'],
    ['GET', '/'],
    ['POST', '/TraceSegments'],
    ['PUT', '/SamplingTargets'],
    ['POST', '/GetSamplingTargets'],
  ] as const)('%s %s is 403 with a message', async (method, url) => {
    const response = await api.inject({ method, url });
    expect(response.statusCode).toBe(403);
    expect(response.headers['content-type']).toBe('application/json');
    expect(response.json().message).toContain('GetSamplingRules');
  });

  it('refuses more than 1 MiB', async () => {
    const response = await post('/SamplingTargets', 'x'.repeat(1024 * 1024 + 1));
    expect([response.statusCode, typeof response.json().message]).toEqual([413, 'string']);
  });
});
