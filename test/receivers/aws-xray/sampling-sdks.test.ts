// Part of the tests: what each X-Ray SDK demands of the sampling answers, one sentence a demand, wherever the rules come from.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSamplingApi } from '../../../src/receivers/aws-xray/sampling-api.ts';
import {
  cruddur,
  defaultRecord,
  FakeAws,
  inputsOf,
  makeSampling,
  recordOf,
  settle,
  statistics,
} from '../../sampling/support.ts';
import { ManualClock, temporaryDir } from '../../support/records.ts';

type Json = Record<string, unknown>;

const NOW_SECONDS = new ManualClock().now() / 1000;
const PATTERNS = ['Host', 'ServiceName', 'HTTPMethod', 'URLPath', 'ServiceType'];
/** Whole rates and times with a fraction are what trips integer and date readers. */
const rule = { ...cruddur, FixedRate: 1 };

const sources = {
  nobody: async () => ({}),
  files: async (dir: string) => {
    await writeFile(join(dir, 'rules.json'), inputsOf(rule));
    return { path: dir };
  },
  AWS: async () => {
    const calls = new FakeAws();
    calls.records = [
      defaultRecord,
      recordOf({ ...rule, Attributes: undefined }, { CreatedAt: 1.5, ModifiedAt: undefined }),
      { SamplingRule: { RuleName: 'Broken' } },
    ];
    calls.answer = {
      SamplingTargetDocuments: [
        { RuleName: 'Cruddur', FixedRate: 1, ReservoirQuota: 3, ReservoirQuotaTTL: NOW_SECONDS + 100.5 },
        { RuleName: 'Default', FixedRate: 0.05 },
      ],
    };
    return { calls };
  },
};

describe.each(Object.entries(sources))('with rules of %s', (_source, options) => {
  let dir: { path: string; remove(): Promise<void> };
  let api: FastifyInstance;
  let end: () => Promise<void>;
  let rules: { statusCode: number; body: string; records: readonly Json[]; rules: readonly Json[] };
  let targets: { statusCode: number; body: string; json: Json; documents: readonly Json[] };

  const post = async (url: string, payload?: string, headers: Record<string, string> = {}) =>
    api.inject({ method: 'POST', url, headers, ...(payload === undefined ? {} : { payload }) });

  async function fetchTargets(): Promise<typeof targets> {
    const asked = [statistics('Cruddur'), statistics('Default'), statistics('Gone')];
    const answer = await post('/SamplingTargets', JSON.stringify({ SamplingStatisticsDocuments: asked }));
    const json = answer.json() as Json;
    return {
      statusCode: answer.statusCode,
      body: answer.body,
      json,
      documents: json['SamplingTargetDocuments'] as Json[],
    };
  }

  beforeAll(async () => {
    dir = await temporaryDir();
    const { sampling, clock } = makeSampling(await options(dir.path));
    end = () => sampling.shutdown(AbortSignal.abort());
    api = createSamplingApi(sampling);
    await sampling.start();
    await settle();
    const answer = await post('/GetSamplingRules', '{}');
    const records = answer.json().SamplingRuleRecords as Json[];
    rules = {
      statusCode: answer.statusCode,
      body: answer.body,
      records,
      rules: records.map((record) => record['SamplingRule'] as Json),
    };
    await fetchTargets();
    clock.advance(0);
    await settle();
    // With AWS, these are its own.
    targets = await fetchTargets();
  });
  afterAll(async () => {
    await api.close();
    await end();
    await dir.remove();
  });

  describe('Python', () => {
    it('finds every member of a rule that it reads without looking', () => {
      for (const one of rules.rules) {
        for (const member of ['RuleName', 'Priority', 'FixedRate', 'ReservoirSize', ...PATTERNS])
          expect(one[member] ?? 'missing', member).not.toBe('missing');
      }
    });

    it('takes every rule for one of its kind: Version 1, any ARN, a service type, no attributes', () => {
      for (const one of rules.rules) {
        expect([one['Version'], one['ResourceARN'], one['Attributes']]).toEqual([1, '*', {}]);
        expect(one['ServiceType']).toBeTruthy();
      }
    });

    it('finds RuleName and FixedRate in each target, and LastRuleModification', () => {
      for (const one of targets.documents)
        expect([typeof one['RuleName'], typeof one['FixedRate']]).toEqual(['string', 'number']);
      expect(targets.json['LastRuleModification']).toEqual(expect.any(Number));
    });
  });

  describe('Node', () => {
    it('finds Attributes there and empty, and nothing that counts as false where it wants something', () => {
      for (const one of rules.rules) {
        expect(one['Version']).toBe(1);
        expect(one['Attributes']).toEqual({});
        expect([one['ServiceType'], one['RuleName'], one['Priority']].every(Boolean)).toBe(true);
        expect(typeof one['FixedRate']).toBe('number');
      }
    });

    it('finds LastRuleModification to be a number', () => {
      expect(typeof targets.json['LastRuleModification']).toBe('number');
    });

    it('finds SamplingTargetDocuments also where there is none: old releases crashed', async () => {
      const nothing = await post('/SamplingTargets', '{}');
      expect(nothing.json().SamplingTargetDocuments).toEqual([]);
    });
  });

  describe('Go', () => {
    it('gets status 200 exactly', () => {
      expect([rules.statusCode, targets.statusCode]).toEqual([200, 200]);
    });

    it('can read its int64 members: no fraction, no exponent', () => {
      const integers = /"(?:Priority|ReservoirSize|Version|Interval|ReservoirQuota)":([^,}]+)/g;
      const found = [rules.body, targets.body].flatMap((body) => [...body.matchAll(integers)]);
      expect(found.length).toBeGreaterThan(4);
      for (const [text, value] of found) expect(value, text).toMatch(/^\d+$/);
    });

    it('finds a code that begins with 4 for a rule that is gone, and so fetches the rules', () => {
      expect(targets.json['UnprocessedStatistics']).toContainEqual({
        RuleName: 'Gone',
        ErrorCode: expect.stringMatching(/^4/),
        Message: expect.any(String),
      });
    });

    it('is answered without a content type', async () => {
      expect((await post('/GetSamplingRules', '{"NextToken": null}')).statusCode).toBe(200);
    });
  });

  describe('Java', () => {
    it('finds CreatedAt, ModifiedAt and SamplingRule in every record: one without voids them all', () => {
      for (const record of rules.records) {
        expect([typeof record['CreatedAt'], typeof record['ModifiedAt']]).toEqual(['number', 'number']);
        expect(record['SamplingRule']).toBeTypeOf('object');
      }
    });

    it('finds the three members of the targets, and three texts in each unprocessed statistic', () => {
      expect(targets.json).toMatchObject({
        LastRuleModification: expect.any(Number),
        SamplingTargetDocuments: expect.any(Array),
        UnprocessedStatistics: expect.any(Array),
      });
      for (const one of targets.json['UnprocessedStatistics'] as Json[])
        expect([one['RuleName'], one['ErrorCode'], one['Message']].map((text) => typeof text)).toEqual([
          'string',
          'string',
          'string',
        ]);
    });

    it('never finds a list without Default', () => {
      expect(rules.rules.filter((one) => one['RuleName'] === 'Default')).toHaveLength(1);
    });

    it('may say when in milliseconds', async () => {
      const inMs = { ...statistics('Default'), Timestamp: 1_795_226_125_646 };
      const answer = await post('/SamplingTargets', JSON.stringify({ SamplingStatisticsDocuments: [inMs] }));
      expect(answer.json().SamplingTargetDocuments).toHaveLength(1);
    });
  });

  describe('Ruby', () => {
    it('finds rules without attributes, and a Default that is for any service type: it has no origin', () => {
      const byDefault = rules.rules.find((one) => one['RuleName'] === 'Default');
      expect(byDefault).toMatchObject({ ServiceType: '*', Attributes: {} });
    });

    it('may sign with dummy credentials', async () => {
      const authorization = 'AWS4-HMAC-SHA256 Credential=dummy/20261121/us-west-2/xray/aws4_request';
      const answer = await post('/GetSamplingRules', '{}', {
        authorization,
        'x-amz-date': '20261121T000000Z',
      });
      expect(answer.statusCode).toBe(200);
    });
  });

  describe('.NET', () => {
    it('can read its integers: whole, and within 32 bits', () => {
      for (const one of rules.rules) {
        for (const member of ['Priority', 'ReservoirSize', 'Version'])
          expect(one[member]).toSatisfy((value: number) => Number.isInteger(value) && value < 2 ** 31);
      }
    });

    it('can read its times: LitJson makes no double of a whole number beyond 32 bits', () => {
      for (const one of targets.documents) expect(one['ReservoirQuotaTTL']).toBeLessThan(2 ** 31);
      expect(targets.json['LastRuleModification']).toBeLessThan(2 ** 31);
    });

    it('is answered to an empty body of application/json; charset=utf-8', async () => {
      const type = { 'content-type': 'application/json; charset=utf-8' };
      expect((await post('/GetSamplingRules', '', type)).statusCode).toBe(200);
    });
  });

  describe('OpenTelemetry samplers', () => {
    it('find numbers where times are, never texts', () => {
      for (const one of targets.documents) expect(one['ReservoirQuotaTTL']).toBeTypeOf('number');
      for (const record of rules.records) expect(record['ModifiedAt']).toBeTypeOf('number');
    });

    it('may send members that we do not know', async () => {
      const answer = await post('/SamplingTargets', '{"SamplingStatisticsDocuments":[],"Tomorrow":[1]}');
      expect(answer.statusCode).toBe(200);
    });
  });

  describe('every SDK', () => {
    it('finds LastRuleModification in the past: else Python, Go and .NET fetch the rules every 10 s', () => {
      expect(targets.json['LastRuleModification']).toBeLessThan(NOW_SECONDS);
    });

    it('finds FixedRate, ReservoirQuota, ReservoirQuotaTTL and Interval in each target', () => {
      expect(targets.documents.length).toBeGreaterThan(0);
      for (const one of targets.documents)
        for (const member of ['FixedRate', 'ReservoirQuota', 'ReservoirQuotaTTL', 'Interval'])
          expect(one[member], member).toEqual(expect.any(Number));
    });
  });
});
