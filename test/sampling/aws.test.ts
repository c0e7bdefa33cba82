// Part of the tests: rules and targets of AWS, in the background: nobody waits, nothing that was counted is lost or counted twice.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CallFailed, rememberedIn } from '../../src/sampling/index.ts';
import { eventually } from '../support/app.ts';
import { temporaryDir } from '../support/records.ts';
import {
  CLIENT_A,
  CLIENT_B,
  cruddur,
  defaultRecord,
  FakeAws,
  type Made,
  makeSampling,
  namesOf,
  recordOf,
  report,
  rulesOf,
  settle,
  statistics,
  target,
} from './support.ts';

const never = new AbortController().signal;
const down = (isRepeatable = true) => new CallFailed('no connection', { fix: 'Nothing.', isRepeatable });

let aws: FakeAws;
let made: Made;

beforeEach(() => {
  aws = new FakeAws();
  aws.records = [defaultRecord, recordOf({})];
  made = makeSampling({ calls: aws });
});

async function start(one = made): Promise<void> {
  await one.sampling.start();
  await settle();
}

async function pass(ms: number): Promise<void> {
  made.clock.advance(ms);
  await settle();
}

const nowSeconds = () => Math.floor(made.clock.now() / 1000);
/** What AWS gives the sum of all clients. */
const give = (changes: object = {}) => {
  aws.answer = {
    SamplingTargetDocuments: [
      {
        RuleName: 'Cruddur',
        FixedRate: 0.2,
        ReservoirQuota: 4,
        ReservoirQuotaTTL: nowSeconds() + 300,
        Interval: 20,
        ...changes,
      },
    ],
    LastRuleModification: 1,
    UnprocessedStatistics: [],
  };
};

describe('the rules of AWS', () => {
  it('are in force once they have come, as AWS wrote them', async () => {
    const boost = { SamplingRateBoost: { MaxRate: 1, CooldownWindowMinutes: 5 } };
    aws.records = [recordOf(boost, { CreatedAt: 100.5, ModifiedAt: 200.25 }), defaultRecord];
    await start();

    expect(namesOf(made.sampling)).toEqual(['Default', 'Cruddur']);
    expect(rulesOf(made.sampling)[1]).toEqual(recordOf(boost, { CreatedAt: 100.5, ModifiedAt: 200.25 }));
    expect(made.sampling.status()).toEqual({ source: 'aws', rules: 2, problem: null });
  });

  it('do not keep a client waiting: until they come, Default is in force', async () => {
    aws.gate = new Promise(() => {});
    await start();

    expect(namesOf(made.sampling)).toEqual(['Default']);
    expect(report(made.sampling, statistics('Default')).SamplingTargetDocuments).toHaveLength(1);
  });

  it('are read page by page', async () => {
    const pages: Record<string, object> = {
      '': { NextToken: 'more', SamplingRuleRecords: [recordOf({})] },
      more: { SamplingRuleRecords: [recordOf({ RuleName: 'B' }), defaultRecord] },
    };
    const calls = {
      getSamplingRules: async (nextToken: string | undefined) => pages[nextToken ?? ''],
      getSamplingTargets: async () => ({}),
    };
    const one = makeSampling({ calls });
    await start(one);

    expect(namesOf(one.sampling)).toEqual(['Default', 'Cruddur', 'B']);
  });

  it('are fetched every 300 s, and at once when AWS says that they have changed', async () => {
    await start();
    expect(aws.fetches).toBe(1);
    await pass(299_999);
    expect(aws.fetches).toBe(1);
    await pass(1);
    expect(aws.fetches).toBe(2);

    report(made.sampling, statistics('Cruddur'));
    await pass(0);
    // The first answer may know of a change since the fetch.
    expect(aws.fetches).toBe(3);
    await reportAfter(10_000);
    expect(aws.fetches).toBe(3);
    aws.answer = { ...aws.answer, LastRuleModification: 2 };
    aws.records = [defaultRecord, recordOf({ FixedRate: 0.9 })];
    await reportAfter(10_000);
    expect(aws.fetches).toBe(4);
    expect(rulesOf(made.sampling)[1]?.SamplingRule.FixedRate).toBe(0.9);
  });

  it('stay in force while AWS fails, are said once to be old, and are tried again with growing pauses', async () => {
    await start();
    aws.failure = down();
    await pass(300_000);
    for (let seconds = 0; seconds < 120; seconds++) await pass(1000);

    expect(namesOf(made.sampling)).toEqual(['Default', 'Cruddur']);
    expect(aws.fetches).toBeGreaterThan(8);
    expect(aws.fetches).toBeLessThan(25);
    expect(made.sampling.status().problem).toMatchObject({ message: 'no connection', fix: 'Nothing.' });
    expect(made.logs.map(({ event }) => event)).toEqual(['sampling_rules', 'sampling_rules_unavailable']);

    aws.failure = undefined;
    await pass(30_000);
    expect(made.sampling.status().problem).toBeNull();
    expect(made.logs.map(({ event }) => event).at(-1)).toBe('sampling_rules');
  });

  it.each([
    ['no list', { SamplingRuleRecords: null }],
    ['a page of a proxy', { html: true }],
  ])('are kept when the answer has %s', async (_what, answer) => {
    await start();
    aws.getSamplingRules = async () => answer;
    await pass(300_000);

    expect(namesOf(made.sampling)).toEqual(['Default', 'Cruddur']);
    expect(made.sampling.status().problem?.message).toContain('does not look like X-Ray');
  });

  it('are served without a record that would break an SDK', async () => {
    aws.records = [
      defaultRecord,
      { SamplingRule: { RuleName: 'Half' } },
      {},
      recordOf({ Attributes: undefined }),
    ];
    await start();

    expect(rulesOf(made.sampling).map(({ SamplingRule }) => SamplingRule)).toEqual([
      expect.objectContaining({ RuleName: 'Default' }),
      expect.objectContaining({ RuleName: 'Cruddur', Attributes: {} }),
    ]);
  });
});

async function reportAfter(ms: number, ...documents: readonly object[]): Promise<void> {
  made.clock.advance(ms);
  report(made.sampling, ...(documents.length > 0 ? documents : [statistics('Cruddur')]));
  await pass(0);
}

describe('targets of AWS', () => {
  it('are those of its last answer; until there is one, SDKs borrow', async () => {
    await start();
    give({ SamplingBoost: { BoostRate: 1, BoostRateTTL: 1_800_000_060 } });

    expect(target(made.sampling, 'Cruddur')).toEqual({
      RuleName: 'Cruddur',
      FixedRate: 0.1,
      ReservoirQuota: 0,
      ReservoirQuotaTTL: nowSeconds() - 1,
      Interval: 10,
    });
    await pass(0);
    expect(target(made.sampling, 'Cruddur')).toEqual({
      RuleName: 'Cruddur',
      FixedRate: 0.2,
      ReservoirQuota: 4,
      // Three of the reports that AWS asks for.
      ReservoirQuotaTTL: nowSeconds() + 60,
      Interval: 20,
      SamplingBoost: { BoostRate: 1, BoostRateTTL: 1_800_000_060 },
    });
  });

  it('are one quota for all clients of this host, shared among them', async () => {
    await start();
    give();
    await reportAfter(0);

    const parts = [CLIENT_A, CLIENT_B, CLIENT_A, CLIENT_B].map(
      (client) => target(made.sampling, 'Cruddur', client)?.ReservoirQuota,
    );

    expect(parts).toEqual([4, 0, 2, 2]);
  });

  it('run out with AWS: then SDKs borrow', async () => {
    await start();
    give({ ReservoirQuotaTTL: nowSeconds() + 20 });
    await reportAfter(0);
    expect(target(made.sampling, 'Cruddur')?.ReservoirQuotaTTL).toBe(nowSeconds() + 20);

    aws.failure = down();
    await pass(21_000);

    expect(target(made.sampling, 'Cruddur')).toMatchObject({
      FixedRate: 0.2,
      ReservoirQuota: 0,
      ReservoirQuotaTTL: nowSeconds() - 1,
    });
  });

  it('are forgotten when the rules change: a rate of before must not stay', async () => {
    await start();
    give();
    await reportAfter(0);
    aws.records = [defaultRecord, recordOf({ FixedRate: 1 })];
    aws.answer = {};
    await reportAfter(10_000);

    expect(target(made.sampling, 'Cruddur')?.FixedRate).toBe(1);
  });

  it('tell an SDK nothing about a rule while AWS has told us none', async () => {
    aws.failure = down();
    await start();

    expect(report(made.sampling, statistics('Cruddur')).UnprocessedStatistics).toEqual([
      { RuleName: 'Cruddur', ErrorCode: '503', Message: 'AWS has not told its rules yet.' },
    ]);
  });
});

describe('what the SDKs counted', () => {
  it('is added up and reported once in 10 s, as one client, without anything else that a client sent', async () => {
    await start();
    report(made.sampling, {
      ...statistics('Cruddur', 5, CLIENT_A),
      Secret: 'x',
      Timestamp: 1_795_226_125_646,
    });
    report(made.sampling, statistics('Cruddur', 7, CLIENT_B), statistics('Default', 1, CLIENT_B));
    await pass(0);
    report(made.sampling, statistics('Cruddur', 100));
    await pass(9_999);
    expect(aws.reports).toHaveLength(1);
    await pass(1);

    const ClientID = '8'.repeat(24);
    const Timestamp = 1_800_000_000;
    expect(aws.reports).toEqual([
      {
        SamplingStatisticsDocuments: [
          { RuleName: 'Cruddur', RequestCount: 12, SampledCount: 6, BorrowCount: 2, ClientID, Timestamp },
          { RuleName: 'Default', RequestCount: 1, SampledCount: 3, BorrowCount: 1, ClientID, Timestamp },
        ],
      },
      {
        SamplingStatisticsDocuments: [
          {
            RuleName: 'Cruddur',
            RequestCount: 100,
            SampledCount: 3,
            BorrowCount: 1,
            ClientID,
            Timestamp: Timestamp + 10,
          },
        ],
      },
    ]);
  });

  it('is reported in calls of 25 rules', async () => {
    await start();
    report(made.sampling, ...Array.from({ length: 60 }, (_, index) => statistics(`rule ${index}`, index)));
    await pass(0);

    expect(aws.reports.map(({ SamplingStatisticsDocuments }) => SamplingStatisticsDocuments.length)).toEqual([
      25, 25, 10,
    ]);
  });

  it('includes anomalies, for SDKs that boost', async () => {
    await start();
    const anomalies = { RuleName: 'Cruddur', ServiceName: 'backend', AnomalyCount: 1, TotalCount: 5 };
    const request = {
      SamplingStatisticsDocuments: [],
      SamplingBoostStatisticsDocuments: [anomalies, anomalies],
    };
    made.sampling.targetsAnswer(JSON.stringify(request));
    await pass(0);

    expect(aws.reports[0]?.SamplingBoostStatisticsDocuments).toEqual([
      {
        RuleName: 'Cruddur',
        ServiceName: 'backend',
        AnomalyCount: 2,
        TotalCount: 10,
        SampledAnomalyCount: 0,
        Timestamp: 1_800_000_000,
      },
    ]);
  });

  it('is kept when AWS refuses or cannot be reached, and reported with what came since', async () => {
    await start();
    aws.failure = down();
    await reportAfter(0, statistics('Cruddur', 5));
    await reportAfter(3000, statistics('Cruddur', 6));
    aws.failure = undefined;
    aws.reports.length = 0;
    await pass(7000);

    expect(aws.sums()).toEqual({ Cruddur: 11 });
    expect(made.logs.filter(({ event }) => event === 'sampling_held')).toHaveLength(1);
  });

  it.each([
    ['a report without an answer: AWS may have counted it', down(false)],
    ['an error that is a bug', new Error('bug')],
  ])('is not sent twice after %s', async (_what, failure) => {
    await start();
    aws.failure = failure as CallFailed;
    await reportAfter(0, statistics('Cruddur', 5));
    aws.failure = undefined;
    aws.reports.length = 0;
    await reportAfter(10_000, statistics('Cruddur', 6));

    expect(aws.sums()).toEqual({ Cruddur: 6 });
    expect(made.logs.filter(({ event }) => event === 'sampling_uncounted')).toEqual([
      expect.objectContaining({ requests: 5 }),
    ]);
  });

  it('is sent again only for rules that AWS could not take', async () => {
    await start();
    const unprocessed = (RuleName: string, ErrorCode: string) => ({ RuleName, ErrorCode, Message: '' });
    aws.answer = {
      LastRuleModification: 1,
      UnprocessedStatistics: [unprocessed('Busy', '500'), unprocessed('Gone', '404')],
    };
    await reportAfter(0, statistics('Busy', 1), statistics('Gone', 2), statistics('Cruddur', 4));
    aws.answer = { LastRuleModification: 1 };
    aws.reports.length = 0;
    await pass(10_000);

    expect(aws.sums()).toEqual({ Busy: 1 });
  });

  it('is sent again of anomalies only where AWS could not take those', async () => {
    await start();
    const request = {
      SamplingStatisticsDocuments: [statistics('Cruddur', 5)],
      SamplingBoostStatisticsDocuments: ['Cruddur', 'Busy'].map((RuleName) => ({
        RuleName,
        ServiceName: 'backend',
        TotalCount: 5,
      })),
    };
    aws.answer = {
      UnprocessedStatistics: [{ RuleName: 'Cruddur', ErrorCode: '500', Message: '' }],
      UnprocessedBoostStatistics: [{ RuleName: 'Busy', ErrorCode: '500', Message: '' }],
    };
    made.sampling.targetsAnswer(JSON.stringify(request));
    await pass(0);
    aws.answer = {};
    aws.reports.length = 0;
    await pass(10_000);

    expect(aws.sums()).toEqual({ Cruddur: 5 });
    expect(aws.reports[0]?.SamplingBoostStatisticsDocuments).toEqual([
      expect.objectContaining({ RuleName: 'Busy', TotalCount: 5 }),
    ]);
  });

  it('is reported at the end', async () => {
    await start();
    await reportAfter(0, statistics('Cruddur', 5));
    report(made.sampling, statistics('Cruddur', 6));
    await made.sampling.shutdown(never);

    expect(aws.sums()).toEqual({ Cruddur: 11 });
    await pass(600_000);
    expect(aws.reports).toHaveLength(2);
    expect(aws.fetches).toBe(2);
  });

  it('does not hold up the end', async () => {
    await start();
    aws.getSamplingTargets = () => new Promise(() => {});
    report(made.sampling, statistics('Cruddur', 6));
    await pass(0);
    const deadline = new AbortController();
    const ended = made.sampling.shutdown(deadline.signal);

    deadline.abort();

    await ended;
    expect(made.logs.at(-1)).toMatchObject({ event: 'sampling_uncounted', requests: 6 });
  });

  it('is bounded: names that nobody has do not fill the memory, nor do they make AWS refuse the rest', async () => {
    await start();
    for (let batch = 0; batch < 10; batch++) {
      const many = Array.from({ length: 100 }, (_, index) => statistics(`rule ${batch} ${index}`));
      report(made.sampling, ...many);
    }
    report(made.sampling, statistics('x'.repeat(33)), statistics(''), { RuleName: 7 });
    await pass(0);

    const sent = aws.reports.flatMap(({ SamplingStatisticsDocuments }) => SamplingStatisticsDocuments);
    expect(sent).toHaveLength(200);
    expect(sent.every(({ RuleName }) => /^rule \d/.test(String(RuleName)))).toBe(true);
  });

  it('arrives whole and once, whatever AWS does in between', async () => {
    const step = fc.record({
      requests: fc.integer({ min: 0, max: 1000 }),
      waitMs: fc.integer({ min: 0, max: 15_000 }),
      isDown: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        aws = new FakeAws();
        made = makeSampling({ calls: aws });
        let counted = 0;
        let given = 0;
        aws.getSamplingTargets = async (request) => {
          if (aws.failure) throw aws.failure;
          aws.reports.push(request as never);
          return {};
        };
        await start();
        for (const { requests, waitMs, isDown } of steps) {
          aws.failure = isDown ? down() : undefined;
          report(made.sampling, statistics('Cruddur', requests));
          given += requests;
          await pass(waitMs);
        }
        aws.failure = undefined;
        await made.sampling.shutdown(never);
        counted = aws.sums()['Cruddur'] ?? 0;
        expect(counted).toBe(given);
      }),
      { numRuns: 40 },
    );
  });
});

describe('rules that are remembered', () => {
  let dir: { path: string; remove(): Promise<void> };
  let all: Made[];
  beforeEach(async () => {
    dir = await temporaryDir();
    all = [];
  });
  afterEach(async () => {
    for (const { sampling } of all) await sampling.shutdown(never);
    await dir.remove();
  });
  const file = () => join(dir.path, 'sampling-rules.json');
  const remembered = (region = 'us-east-1', endpoint = '') =>
    rememberedIn(file(), { endpoint, region, regionInUse: async () => region });
  /** Where the region is not configured. */
  const rememberedWhereFound = (regionInUse: string) =>
    rememberedIn(file(), { endpoint: '', region: undefined, regionInUse: async () => regionInUse });

  function make(options: Parameters<typeof makeSampling>[0]): Made {
    const one = makeSampling({ calls: aws, ...options });
    all.push(one);
    return one;
  }

  async function rememberThem(): Promise<void> {
    await start(make({ remembered: remembered() }));
    await eventually(
      () => remembered().read(),
      (records) => records?.length === 2,
    );
  }

  it('are in force at a start while AWS does not answer', async () => {
    await rememberThem();
    aws.failure = down();
    const one = make({ remembered: remembered() });
    await start(one);

    expect(namesOf(one.sampling)).toEqual(['Default', 'Cruddur']);
    expect(rulesOf(one.sampling)[1]?.SamplingRule).toMatchObject(cruddur);
    expect(one.sampling.status()).toMatchObject({
      source: 'remembered',
      problem: { message: 'no connection' },
    });
    expect(report(one.sampling, statistics('Gone')).UnprocessedStatistics[0]?.ErrorCode).toBe('404');
  });

  it('give way to those of AWS, however late the disk is', async () => {
    await rememberThem();
    aws.records = [defaultRecord];
    let release = () => {};
    const slow = {
      ...remembered(),
      read: () => new Promise<never>((resolve) => (release = resolve as () => void)),
    };
    const one = make({ remembered: slow });
    const starting = one.sampling.start();
    await settle();
    release();
    await starting;

    expect(namesOf(one.sampling)).toEqual(['Default']);
    expect(one.sampling.status().source).toBe('aws');
  });

  it("are not taken from another region's or endpoint's, nor from a broken file", async () => {
    await rememberThem();
    expect(await remembered('eu-west-1').read()).toBeUndefined();
    expect(await remembered('us-east-1', 'https://x.example.com').read()).toBeUndefined();

    await writeFile(file(), '{');
    expect(await remembered().read()).toBeUndefined();
  });

  it('are those of the region that was found, where none is configured', async () => {
    await start(make({ remembered: rememberedWhereFound('eu-west-1') }));
    await eventually(
      () => remembered('eu-west-1').read(),
      (records) => records?.length === 2,
    );

    expect(await remembered('us-east-1').read()).toBeUndefined();
    expect(await rememberedWhereFound('not known yet').read()).toHaveLength(2);
  });

  it('do not need a disk that can be written', async () => {
    const one = make({
      remembered: rememberedIn(join(dir.path, 'no', 'dir'), {
        endpoint: '',
        region: undefined,
        regionInUse: async () => 'us-east-1',
      }),
    });
    await start(one);

    expect(namesOf(one.sampling)).toEqual(['Default', 'Cruddur']);
  });
});
