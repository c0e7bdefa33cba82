// Part of the tests: the two sampling calls on TCP 2000, as the SDKs make them, and everything else that somebody may ask there.
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSamplingApi } from '../../../src/receivers/aws-xray/sampling-api.ts';
import { readCapture } from '../../protocols/xray/otlp-json.ts';
import { CLIENT_A, FakeAws, makeSampling, statistics } from '../../sampling/support.ts';

let api: FastifyInstance;

beforeEach(() => {
  api = createSamplingApi(makeSampling().sampling);
});

afterEach(() => api.close());

const post = (url: string, payload?: string, headers: Record<string, string> = {}) =>
  api.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });

describe('a poll', () => {
  it('is told of, with the peer that asks', async () => {
    const peers: string[] = [];
    const polled = createSamplingApi(makeSampling().sampling, (peer) => void peers.push(peer));
    for (const [url, remoteAddress] of [
      ['/GetSamplingRules', '10.0.0.7'],
      ['/SamplingTargets', '::ffff:10.0.0.8'],
      ['/', '10.0.0.9'],
    ] as const)
      await polled.inject({ method: 'POST', url, remoteAddress, payload: '{}' });
    await polled.close();

    expect(peers).toEqual(['10.0.0.7', '10.0.0.8']);
  });
});

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
  ])('answers %s, whose rule is not there', async (path) => {
    const answer = (await post('/SamplingTargets', readCapture(path))).json();
    expect(answer.SamplingTargetDocuments).toEqual([]);
    expect(answer.UnprocessedStatistics).toEqual([
      { RuleName: 'Cruddur', ErrorCode: '404', Message: 'There is no such sampling rule.' },
    ]);
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
    const odd = [{ RuleName: 'Default' }, { RuleName: 'Default' }, { RuleName: 7 }, null, 'x', []];
    const body = JSON.stringify({ SamplingStatisticsDocuments: odd });
    expect((await post('/SamplingTargets', body)).json()).toMatchObject({
      SamplingTargetDocuments: [{ RuleName: 'Default', FixedRate: 0.05 }],
      UnprocessedStatistics: [],
    });
  });

  it.each(['{', '[]', '7', 'null', '"x"'])('answers 400 with a message for %s', async (body) => {
    const response = await post('/SamplingTargets', body);
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

describe('either call', () => {
  const report = JSON.stringify({ SamplingStatisticsDocuments: [statistics('Default', 10, CLIENT_A)] });

  it.each(['application/json', 'application/x-amz-json-1.1', 'text/plain', 'nonsense', ';;;'])(
    'takes a content type of %s',
    async (type) => {
      const answers = [
        await post('/GetSamplingRules', '{}', { 'content-type': type }),
        await post('/SamplingTargets', report, { 'content-type': type }),
      ];
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200]);
      expect(answers[1]?.json().SamplingTargetDocuments).toHaveLength(1);
    },
  );

  it('is answered in less than 50 ms while AWS hangs', async () => {
    const aws = new FakeAws();
    aws.gate = new Promise(() => {});
    const { sampling } = makeSampling({ calls: aws });
    await sampling.start();
    const hanging = createSamplingApi(sampling);
    await hanging.listen({ host: '127.0.0.1', port: 0 });
    const { port } = hanging.server.address() as AddressInfo;
    const tookMs: number[] = [];
    for (let call = 0; call < 100; call++) {
      const startedMs = performance.now();
      await call200(port, call % 2 === 0 ? '/GetSamplingRules' : '/SamplingTargets', report);
      tookMs.push(performance.now() - startedMs);
    }
    await hanging.close();

    // Waiting for AWS would hold up every one of them; pauses of a busy machine do so to some.
    expect(tookMs.toSorted((a, b) => a - b)[50]).toBeLessThan(50);
  });
});

function call200(port: number, path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, path, method: 'POST' }, (response) => {
      response.resume();
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(path))));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
