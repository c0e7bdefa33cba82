// Part of the tests: unmodified X-Ray SDKs take sidecast's sampling rules and targets, and decide by them.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/index.ts';
import { eventually, settingsOf } from '../support/app.ts';
import { type Sidecast, startSidecast } from '../support/sidecast.ts';
import { type Client, type Language, startClient } from './sampling/clients.ts';

/** Go and Java where their tools are: `SIDECAST_TEST_LANGUAGES=go,java`. */
const more = (env['SIDECAST_TEST_LANGUAGES'] ?? '').split(',').filter(Boolean) as Language[];
const languages: readonly Language[] = ['python', 'node', ...more];
/** Node's SDK takes every quota for one that has run out, and Java's reads rules only every 300 s. */
const followsChanges: readonly Language[] = ['python', 'go'];
const takesFromQuota: readonly Language[] = ['python', 'go', 'java'];

const ruleFor = (RuleName: string, Priority: number, changes: object) => ({
  SamplingRule: {
    RuleName,
    Priority,
    ResourceARN: '*',
    FixedRate: 0,
    ReservoirSize: 0,
    ServiceName: 'backend-*',
    ServiceType: '*',
    Host: '*',
    HTTPMethod: 'GET',
    URLPath: '*',
    Version: 1,
    ...changes,
  },
});
const rules = (nothing: object = {}) =>
  JSON.stringify([
    ruleFor('Nothing', 1, { URLPath: '/nothing/*', ...nothing }),
    ruleFor('Everything', 2, { URLPath: '/everything/*', FixedRate: 1 }),
    ruleFor('Ten', 3, { URLPath: '/ten/?', ReservoirSize: 10 }),
  ]);

describe.each(languages)('%s, with rules from a file', (language) => {
  let dir: string;
  let sidecast: Sidecast;
  let client: Client;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'sidecast-test-'));
    await writeFile(join(dir, 'rules.json'), rules());
    sidecast = await startSidecast({ SIDECAST_SAMPLING_RULES: dir });
    client = await startClient(language, sidecast.xrayPort);
  });
  afterAll(async () => {
    await client?.stop();
    await sidecast?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('has the rules', async () => {
    const { names } = await client.step('rules');

    // In the order of their priorities, where the SDK lets one look.
    if (names) expect(names).toEqual(['Nothing', 'Everything', 'Ten', 'Default']);
  });

  it('samples nothing by a rate and a reservoir of 0, and everything by a rate of 1', async () => {
    const { sampled } = await client.step('decisions');

    expect(sampled).toEqual({ '/nothing/1': 0, '/everything/1': 200 });
  });

  it('sends the segments of what it sampled, and no others', async () => {
    await client.step('decisions');

    const { receivers } = await eventually(
      () => sidecast.status(),
      (status) => status.receivers['aws-xray'].accepted.segments >= 100,
    );
    expect(receivers['aws-xray'].accepted.segments).toBe(100);
    expect(receivers['aws-xray'].refused).toEqual({});
  });

  it('takes the targets: the whole reservoir is that of the only client', async () => {
    const { quota, sampled } = await client.step('quota');

    if (quota !== undefined) expect(quota).toBe(10);
    if (takesFromQuota.includes(language)) expect(sampled).toBe(10);
  });

  it.runIf(followsChanges.includes(language))(
    'follows a change of the file without waiting for its next poll',
    async () => {
      await client.step('quota');
      await writeFile(join(dir, 'rules.json'), rules({ FixedRate: 1 }));

      const { seconds } = await client.step('followed');

      // Of the rules it would have been up to 300 s.
      expect(seconds).toBeLessThan(60);
    },
  );
});

describe('python, with rules of AWS', () => {
  let sandbox: Sandbox;
  let sidecast: Sidecast;
  let client: Client;

  beforeAll(async () => {
    sandbox = await startSandbox();
    sidecast = await startSidecast(settingsOf(sandbox));
    await eventually(
      () => sidecast.status(),
      ({ sampling }) => sampling.source === 'aws',
    );
    client = await startClient('python', sidecast.xrayPort);
  });
  afterAll(async () => {
    await client?.stop();
    await sidecast?.stop();
    await sandbox?.close();
  });

  it('has the rules', async () => {
    expect((await client.step('rules')).names).toEqual(['Sandbox', 'Default']);
  });

  it('has the quota that AWS gives, from its second report on', async () => {
    // By its model the sandbox refuses a report that AWS would refuse.
    expect((await client.step('quota')).quota).toBe(50);
  });
});
