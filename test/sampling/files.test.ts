// Part of the tests: rules from files: read at the start, read again when they change, and never worse than the last good ones.
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/app.ts';
import { temporaryDir } from '../support/records.ts';
import {
  CLIENT_A,
  CLIENT_B,
  cruddur,
  inputsOf,
  type Made,
  makeSampling,
  namesOf,
  report,
  rulesOf,
  statistics,
  target,
} from './support.ts';

let dir: { path: string; remove(): Promise<void> };
let made: Made[];

beforeEach(async () => {
  dir = await temporaryDir();
  made = [];
});
afterEach(async () => {
  for (const { sampling } of made) await sampling.shutdown(AbortSignal.abort());
  await dir.remove();
});

const put = (name: string, ...rules: readonly object[]) =>
  writeFile(join(dir.path, name), inputsOf(...rules));

async function start(path = dir.path): Promise<Made> {
  const one = makeSampling({ path });
  made.push(one);
  await one.sampling.start();
  return one;
}

/** Turns the clock until the change was seen. */
const seen = <T>({ clock }: Made, look: () => T, holds: (value: T) => boolean) =>
  eventually(() => {
    clock.advance(2000);
    return look();
  }, holds);

const events = ({ logs }: Made) => logs.map(({ event }) => event);

describe('rules from files', () => {
  it('are those of a file, and Default', async () => {
    await put('rules.json', cruddur);
    const one = await start(join(dir.path, 'rules.json'));

    expect(namesOf(one.sampling)).toEqual(['Default', 'Cruddur']);
    expect(one.sampling.status()).toEqual({ source: 'files', rules: 2, problem: null });
    expect(one.logs).toEqual([
      expect.objectContaining({ event: 'sampling_rules', source: 'files', rules: ['Default', 'Cruddur'] }),
    ]);
  });

  it("are those of a folder's .json files", async () => {
    await put('a.json', cruddur);
    await put('b.json', { ...cruddur, RuleName: 'B' });
    await put('b.json.bak', { ...cruddur, RuleName: 'C' });
    await put('.hidden.json', { ...cruddur, RuleName: 'D' });

    expect(namesOf((await start()).sampling).toSorted()).toEqual(['B', 'Cruddur', 'Default']);
  });

  it('keep the Default of the file where it has one', async () => {
    const own = { ...cruddur, RuleName: 'Default', Priority: 10_000, ServiceName: '*', FixedRate: 0.5 };
    await put('rules.json', own);

    expect(rulesOf((await start()).sampling).map(({ SamplingRule }) => SamplingRule.FixedRate)).toEqual([
      0.5,
    ]);
  });

  it('have the times of their files, in whole seconds', async () => {
    await put('rules.json', cruddur);
    const [, record] = rulesOf((await start()).sampling);

    expect(record?.ModifiedAt).toBeGreaterThan(1_700_000_000);
    expect([record?.CreatedAt, record?.ModifiedAt].every(Number.isInteger)).toBe(true);
  });

  it('count as soon as a file is changed, added or removed', async () => {
    await put('a.json', cruddur);
    const one = await start();

    await put('a.json', { ...cruddur, FixedRate: 0.75 });
    await seen(
      one,
      () => target(one.sampling, 'Cruddur')?.FixedRate,
      (rate) => rate === 0.75,
    );
    await put('b.json', { ...cruddur, RuleName: 'B' });
    await seen(
      one,
      () => namesOf(one.sampling),
      (names) => names.includes('B'),
    );
    await rm(join(dir.path, 'a.json'));
    await seen(
      one,
      () => namesOf(one.sampling),
      (names) => !names.includes('Cruddur'),
    );

    expect(namesOf(one.sampling)).toEqual(['Default', 'B']);
  });

  it("count when a config map's links point elsewhere", async () => {
    for (const [version, FixedRate] of [
      ['v1', 0.1],
      ['v2', 0.9],
    ] as const) {
      await mkdir(join(dir.path, version));
      await put(`${version}/rules.json`, { ...cruddur, FixedRate });
    }
    await mkdir(join(dir.path, 'mounted'));
    await symlink('../v1', join(dir.path, 'mounted', '..data'));
    await symlink('..data/rules.json', join(dir.path, 'mounted', 'rules.json'));
    const one = await start(join(dir.path, 'mounted'));

    await symlink('../v2', join(dir.path, 'mounted', '..new'));
    await rename(join(dir.path, 'mounted', '..new'), join(dir.path, 'mounted', '..data'));

    await seen(
      one,
      () => target(one.sampling, 'Cruddur')?.FixedRate,
      (rate) => rate === 0.9,
    );
  });

  it('tell SDKs of a change: LastRuleModification is later than any earlier fetch, and never in the future', async () => {
    await put('rules.json', cruddur);
    const one = await start();
    one.clock.advance(60_300);
    const fetchedAtSeconds = Math.floor(one.clock.now() / 1000);
    const modified = () => report(one.sampling).LastRuleModification;
    expect(modified()).toBeLessThan(fetchedAtSeconds);

    await put('rules.json', { ...cruddur, FixedRate: 1 });
    await seen(
      one,
      () => rulesOf(one.sampling)[1]?.SamplingRule.FixedRate,
      (rate) => rate === 1,
    );

    expect(modified()).toBeLessThan(one.clock.now() / 1000);
    one.clock.advance(10_000);
    expect(modified()).toBeGreaterThan(fetchedAtSeconds);
    expect(modified()).toBeLessThan(one.clock.now() / 1000 - 5);
  });

  it('put a rule that is new, or has another priority, last: Java looks at that one only', async () => {
    await put('a.json', cruddur);
    await put('b.json', { ...cruddur, RuleName: 'B', Priority: 100 });
    const one = await start();
    const last = () => namesOf(one.sampling).at(-1);

    await put('a0.json', { ...cruddur, RuleName: 'New' });
    await seen(one, last, (name) => name === 'New');
    await put('a.json', { ...cruddur, Priority: 50 });
    await seen(one, last, (name) => name === 'Cruddur');
  });
});

describe('a bad file', () => {
  it('keeps the last good rules, is said once with all that is wrong, and is forgiven when it is mended', async () => {
    await put('rules.json', cruddur);
    const one = await start();

    await put('rules.json', { ...cruddur, FixedRate: 7, Priority: 0 });
    await seen(
      one,
      () => one.sampling.status().problem,
      (problem) => problem !== null,
    );
    one.clock.advance(2000);

    expect(namesOf(one.sampling)).toEqual(['Default', 'Cruddur']);
    expect(target(one.sampling, 'Cruddur')?.FixedRate).toBe(0.1);
    expect(events(one)).toEqual(['sampling_rules', 'sampling_rules_invalid']);
    expect(one.logs[1]).toMatchObject({
      level: 'error',
      problems: [
        'Priority=0 (rules.json:1): expected a whole number from 1 to 10000. For example 1000.',
        'FixedRate=7 (rules.json:1): expected a number from 0 to 1. For example 0.1 for 10 %.',
      ],
    });

    await put('rules.json', cruddur);
    await seen(
      one,
      () => one.sampling.status().problem,
      (problem) => problem === null,
    );
    expect(events(one).at(-1)).toBe('sampling_rules');
  });

  it('at the start leaves Default in force', async () => {
    await writeFile(join(dir.path, 'rules.json'), '{');
    const one = await start();

    expect(namesOf(one.sampling)).toEqual(['Default']);
    expect(one.sampling.status()).toMatchObject({
      source: 'default',
      problem: { message: expect.any(String) },
    });
  });

  it.each([
    [
      'a name that is there twice',
      async (): Promise<void> => {
        await put('a.json', cruddur);
        await put('b.json', { ...cruddur, Priority: 1 });
      },
      'RuleName=Cruddur (b.json): is in a.json too',
    ],
    ['no file', async (): Promise<void> => undefined, 'has no .json file'],
    [
      'a file without end',
      async (): Promise<void> => writeFile(join(dir.path, 'a.json'), ' '.repeat(1_100_000)),
      'is larger than',
    ],
  ] as const)('may be %s', async (_what, prepare, words) => {
    await prepare();
    const one = await start();

    expect(one.sampling.status().problem?.message).toContain(words);
  });

  it('may be a path that is not there, until it is', async () => {
    const path = join(dir.path, 'later.json');
    const one = await start(path);
    expect(one.sampling.status().problem?.message).toContain(`${path} (file): cannot be read (ENOENT)`);

    await put('later.json', cruddur);
    await seen(
      one,
      () => namesOf(one.sampling),
      (names) => names.includes('Cruddur'),
    );
  });
});

describe('targets without AWS', () => {
  it('share the reservoir among clients and give the rate', async () => {
    await put('rules.json', cruddur);
    const one = await start();
    const nowSeconds = Math.floor(one.clock.now() / 1000);

    expect(target(one.sampling, 'Cruddur')).toEqual({
      RuleName: 'Cruddur',
      FixedRate: 0.1,
      ReservoirQuota: 5,
      ReservoirQuotaTTL: nowSeconds + 30,
      Interval: 10,
    });
    const quotaOf = (clientId: string) => target(one.sampling, 'Cruddur', clientId)?.ReservoirQuota;
    expect([CLIENT_B, CLIENT_A, CLIENT_B].map(quotaOf)).toEqual([0, 3, 2]);
  });

  it('have a 4xx for a rule that is not there, which makes Go fetch the rules', async () => {
    await put('rules.json', cruddur);
    const one = await start();

    const { SamplingTargetDocuments, UnprocessedStatistics } = report(
      one.sampling,
      statistics('Gone'),
      statistics('Cruddur'),
    );

    expect(SamplingTargetDocuments.map(({ RuleName }) => RuleName)).toEqual(['Cruddur']);
    expect(UnprocessedStatistics).toEqual([
      { RuleName: 'Gone', ErrorCode: '404', Message: 'There is no such sampling rule.' },
    ]);
  });
});
