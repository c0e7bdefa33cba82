// Part of the tests: `sidecast provision`, as a person types it, against the sandbox: plan, apply, plan.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetSamplingRulesCommand,
  type GetSamplingRulesResult as RulesOfAws,
  XRayClient,
} from '@aws-sdk/client-xray';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Aws, createAws } from '../../src/aws/index.ts';
import { commandHelp } from '../../src/cli/help.ts';
import { provision } from '../../src/cli/provision.ts';
import { createHttpClient } from '../../src/http/index.ts';
import { systemClock } from '../../src/model/clock.ts';
import {
  SANDBOX_AWS_CREDENTIAL,
  type Sandbox,
  sandboxSettings,
  startSandbox,
} from '../../src/sandbox/index.ts';
import { cruddur } from '../sampling/support.ts';
import { eventually, startTestApp } from '../support/app.ts';
import { temporaryDir } from '../support/records.ts';
import { type as typeCommand } from '../support/typed.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', 'docker', 'examples', 'provision');

let sandbox: Sandbox;
let dir: Awaited<ReturnType<typeof temporaryDir>>;
/** As somebody else sees and changes it. */
let account: Aws;
const http = createHttpClient({ connections: 2, clock: systemClock, proxies: {} });

beforeEach(async () => {
  sandbox = await startSandbox();
  dir = await temporaryDir();
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  for (const [name, value] of Object.entries(sandboxSettings(sandbox.url))) vi.stubEnv(name, value);
  const endpoint = new URL(sandbox.url);
  account = createAws({
    region: 'us-east-1',
    xrayEndpoint: endpoint,
    logsEndpoint: endpoint,
    http,
    clock: systemClock,
    userAgent: 'console',
  });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await account.close();
  await sandbox.close();
  await dir.remove();
});

const type = (...flags: readonly string[]) => typeCommand(provision, flags);

const rule = (more: object = {}) => ({ ...cruddur, ...more });

const write = (name: string, value: unknown) =>
  writeFile(
    join(dir.path, name),
    typeof value === 'string' ? value : JSON.stringify(value, null, 2).replaceAll('  ', '\t'),
  );

const ruleNames = async () => (await account.xrayControl.samplingRules()).map(({ RuleName }) => RuleName);

describe('the examples', () => {
  it('are planned, applied, and then there is nothing to do', async () => {
    const planned = await type('plan', EXAMPLES);
    expect(planned.code).toBe(3);
    expect(planned.out).toContain('In us-east-1: 3 to create, 3 left alone.');
    expect(planned.out).toMatch(/\+ create +sampling rule +Cruddur {2}\(sampling-rule\.json:1\)/);
    expect(planned.out).toContain('FixedRate: 0.1');
    expect(await ruleNames()).toEqual(['Sandbox', 'Default']);

    const applied = await type('apply', EXAMPLES);
    expect(applied).toMatchObject({ code: 0, err: '' });
    expect(applied.out).toContain('In us-east-1: 3 created, 3 left alone.');

    const again = await type('plan', EXAMPLES);
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(again.out).toContain('In us-east-1: nothing to do, 3 unchanged, 3 left alone.');
    expect((await type('apply', EXAMPLES)).out).toContain('In us-east-1: 3 unchanged, 3 left alone.');
  });

  it('are in the account then', async () => {
    await type('apply', EXAMPLES);

    const { SamplingRuleRecords = [] } = await account.xray.getSamplingRules();
    expect(SamplingRuleRecords.map(({ SamplingRule }) => SamplingRule)).toContainEqual(
      expect.objectContaining({ ...rule(), Attributes: {} }),
    );
    expect(await account.xrayControl.groups()).toContainEqual(
      expect.objectContaining({
        GroupName: 'Cruddur',
        FilterExpression: 'service("backend-flask")',
        InsightsConfiguration: { InsightsEnabled: true, NotificationsEnabled: false },
      }),
    );
    expect(await account.logsControl.logGroup('cruddur')).toMatchObject({ retentionInDays: 30 });
  });

  it('reach the X-Ray SDKs that ask a running sidecast, and those that ask AWS', async () => {
    await type('apply', EXAMPLES);
    const app = await startTestApp(sandboxSettings(sandbox.url));
    onTestFinished(() => app.shutdown('test'));
    const xray = new XRayClient({
      region: 'us-east-1',
      endpoint: sandbox.url,
      credentials: SANDBOX_AWS_CREDENTIAL,
    });
    onTestFinished(() => xray.destroy());
    const ask = async () => {
      const url = `http://127.0.0.1:${app.xrayPort}/GetSamplingRules`;
      return (await (await fetch(url, { method: 'POST', body: '{}' })).json()) as RulesOfAws;
    };
    const find = ({ SamplingRuleRecords: records = [] }: RulesOfAws) =>
      records.find(({ SamplingRule }) => SamplingRule?.RuleName === 'Cruddur')?.SamplingRule;

    const served = await eventually(ask, (answer) => find(answer) !== undefined);

    expect(find(served)).toMatchObject({ ...rule(), Attributes: {} });
    expect(find(await xray.send(new GetSamplingRulesCommand({})))).toMatchObject(rule());
  });
});

describe('drift', () => {
  beforeEach(async () => {
    await write('all.json', [
      { SamplingRule: rule() },
      { GroupName: 'Errors', FilterExpression: 'error', InsightsConfiguration: { InsightsEnabled: false } },
      { logGroupName: 'cruddur', retentionInDays: 30 },
    ]);
    expect((await type('apply', dir.path)).code).toBe(0);
  });

  it('is shown field by field, and mended without touching the rest', async () => {
    const { xrayControl, logsControl } = account;
    await xrayControl.updateSamplingRule({
      RuleName: 'Cruddur',
      FixedRate: 0.5,
      URLPath: '/api/*',
      Attributes: { a: 'b' },
    });
    await xrayControl.updateGroup({
      GroupName: 'Errors',
      FilterExpression: 'fault',
      InsightsConfiguration: { InsightsEnabled: true, NotificationsEnabled: true },
    });
    await logsControl.putRetentionPolicy({ logGroupName: 'cruddur', retentionInDays: 7 });

    const { code, out } = await type('plan', dir.path);

    expect(code).toBe(3);
    expect(out.split('\n').filter((line) => !line.startsWith('  left alone'))).toEqual([
      '~ update      sampling rule  Cruddur  (all.json:2)',
      '    Attributes: {"a":"b"} → {}',
      '    FixedRate: 0.5 → 0.1',
      '    URLPath: "/api/*" → "*"',
      '~ update      group          Errors  (all.json:17)',
      '    FilterExpression: "fault" → "error"',
      '    InsightsConfiguration.InsightsEnabled: true → false',
      '    InsightsConfiguration.NotificationsEnabled: true → false',
      '~ update      log group      cruddur  (all.json:24)',
      '    retentionInDays: 7 → 30',
      '',
      'In us-east-1: 3 to update, 3 left alone.',
    ]);
    expect((await type('apply', dir.path)).out).toContain('In us-east-1: 3 updated, 3 left alone.');
    expect((await type('plan', dir.path)).code).toBe(0);
    const [, errors] = await xrayControl.groups();
    expect(errors?.InsightsConfiguration).toEqual({ InsightsEnabled: false, NotificationsEnabled: false });
  });

  it('of what a file leaves open is none', async () => {
    await write('all.json', [{ GroupName: 'Errors' }, { logGroupName: 'cruddur' }]);
    await account.xrayControl.updateGroup({ GroupName: 'Errors', FilterExpression: 'fault' });

    expect(await type('plan', dir.path)).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing to do'),
    });
  });

  it('that only making it anew would mend is named, and no success', async () => {
    await write('all.json', { logGroupName: 'cruddur', logGroupClass: 'INFREQUENT_ACCESS' });

    const planned = await type('plan', dir.path);
    const applied = await type('apply', dir.path);

    expect([planned.code, applied.code]).toEqual([3, 1]);
    expect(planned.out).toBe(
      [
        '! differs  log group  cruddur  (all.json:1)',
        '    logGroupClass: "STANDARD" → "INFREQUENT_ACCESS": for ever as it was made: delete it, or change the file',
        '',
        'In us-east-1: 1 cannot be changed.',
      ].join('\n'),
    );
  });
});

describe('what is in no file', () => {
  it('stays without --prune, and with it goes where a file has something of its kind', async () => {
    await write('rule.json', { SamplingRule: rule() });
    await account.xrayControl.createGroup({ GroupName: 'Other' });
    await account.logsControl.createLogGroup({ logGroupName: 'other' });

    expect((await type('apply', dir.path)).out).toContain('Sandbox  (in no file; --prune deletes it)');
    expect(await ruleNames()).toEqual(['Sandbox', 'Default', 'Cruddur']);
    expect((await type('plan', dir.path)).code).toBe(0);

    const planned = await type('plan', dir.path, '--prune');
    expect(planned).toMatchObject({ code: 3, out: expect.stringContaining('- delete') });
    expect((await type('apply', dir.path, '--prune')).out).toContain('1 deleted');

    expect(await ruleNames()).toEqual(['Default', 'Cruddur']);
    expect((await account.xrayControl.groups()).map(({ GroupName }) => GroupName)).toEqual([
      'Default',
      'Other',
    ]);
    expect(await account.logsControl.logGroup('other')).toBeDefined();
    expect((await type('plan', dir.path, '--prune')).code).toBe(0);
  });

  it('never includes what is X-Ray’s own, also where a file has it', async () => {
    const own = rule({ RuleName: 'Default', Priority: 10_000, ServiceName: '*', FixedRate: 1 });
    await write('own.json', [{ SamplingRule: own }, { GroupName: 'Default', FilterExpression: 'fault' }]);
    const before = await account.xrayControl.samplingRules();

    const { code, out } = await type('apply', dir.path, '--prune');

    expect(code).toBe(0);
    expect(out.match(/left alone .* Default .*\(X-Ray's own\)/g)).toHaveLength(2);
    const after = await account.xrayControl.samplingRules();
    expect(after).toEqual(before.filter(({ RuleName }) => RuleName === 'Default'));
  });
});

describe('files that are wrong', () => {
  it('are all named at once with line, fix and nearest name, and AWS is not asked', async () => {
    vi.stubEnv('AWS_ENDPOINT_URL_XRAY', 'http://127.0.0.1:9');
    await write('a-rule.json', {
      SamplingRule: rule({ FixedRate: 10, Priority: 0, ServicName: 'x' }),
      Tag: [],
    });
    await write('b-broken.json', '{\n  "GroupName": "x",\n}');
    await write('c-group.json', {
      GroupName: 'g'.repeat(33),
      FilterExpresion: 'fault',
      InsightsConfiguration: { NotificationsEnabled: 'yes' },
      Tags: [{ Key: 'team' }],
    });
    await write('d-notify.json', { GroupName: 'n', InsightsConfiguration: { NotificationsEnabled: true } });
    await write('e-logs.json', [
      { logGroupName: 'aws/x', retentionInDays: 31, logGroupClass: 'CHEAP', tags: { '': 'x' } },
      { logGroupNam: 'x' },
    ]);
    await write('f-twice.json', '{"GroupName": "n2",\n"GroupName": "n3"}');
    await write('g-again.json', [{ GroupName: 'again' }, { GroupName: 'again' }]);
    await write('ignored.txt', 'nonsense');

    const { code, out, err } = await type('plan', dir.path);

    expect([code, out]).toEqual([1, '']);
    const lines = err.split('\n').map((line) => line.replace('sidecast: ', ''));
    const told = (text: string) =>
      expect(
        lines.some((line) => line.startsWith(text)),
        `${text}\n${err}`,
      ).toBe(true);
    told('Tag (a-rule.json:16): unknown member. Correct or remove it. Did you mean Tags?');
    told('ServicName (a-rule.json:14): unknown member. Correct or remove it. Did you mean ServiceName?');
    told('FixedRate=10 (a-rule.json:6): expected a number from 0 to 1.');
    told('Priority=0 (a-rule.json:5): expected a whole number');
    told('b-broken.json (b-broken.json:3): is not JSON');
    told(`GroupName="${'g'.repeat(33)}" (c-group.json:2): expected a text of 1 to 32 characters.`);
    told(
      'FilterExpresion (c-group.json:3): unknown member. Correct or remove it. Did you mean FilterExpression?',
    );
    told('NotificationsEnabled="yes" (c-group.json:5): expected true or false.');
    told('Tags=[{"Key":"team"}] (c-group.json:7): expected at most 50 pairs');
    told('NotificationsEnabled=true (d-notify.json:4): X-Ray notifies only where insights are enabled.');
    told('logGroupName="aws/x" (e-logs.json:3): expected 1 to 512 letters');
    told('retentionInDays=31 (e-logs.json:4): expected one of: 1, 3, 5');
    told('logGroupClass="CHEAP" (e-logs.json:5): expected one of: STANDARD');
    told('tags={"":"x"} (e-logs.json:6): expected at most 50 texts by key.');
    told('input (e-logs.json:10): expected an object with one of SamplingRule, GroupName, logGroupName.');
    told('GroupName (f-twice.json:2): is there twice.');
    told('GroupName=again (g-again.json:5): the group is in g-again.json:2 too.');
    expect(err).toContain('Did you mean logGroupName?');
    expect(lines.at(-1)).toBe('nothing was changed: AWS was not asked.');
    expect(lines).toHaveLength(18);
  });

  it.each([
    ['a folder that is not there', 'nowhere', 'cannot be read (ENOENT)'],
    ['a folder without JSON files', '.', 'has no .json file'],
  ])('include %s', async (_what, path, message) => {
    const { code, err } = await type('plan', join(dir.path, path));

    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  it('do not include a single file', async () => {
    await write('rule.json', { SamplingRule: rule() });

    expect((await type('plan', join(dir.path, 'rule.json'))).out).toContain('1 to create');
  });
});

describe('the command line', () => {
  it.each([
    [[], 'provision (typed): not understood. Type sidecast provision plan FOLDER'],
    [['plan'], 'not understood'],
    [['aply', 'x'], 'Did you mean apply?'],
    [['plan', 'x', 'y'], 'not understood'],
    [['plan', 'x', '--prun'], 'Did you mean --prune?'],
    [['plan', '--json', 'x'], 'not understood'],
  ])('refuses %j', async (flags, words) => {
    const { code, err } = await type(...flags);

    expect(code).toBe(2);
    expect(err).toContain(words);
  });

  it('helps', () => {
    expect(commandHelp('provision')).toContain('--prune');
    expect(commandHelp('provision')).toMatch(/3 +\(plan\) something is to be done/);
  });

  it('takes the flags of the process, such as the region', async () => {
    await write('rule.json', { SamplingRule: rule() });
    vi.stubEnv('AWS_REGION', undefined);

    const { out } = await type('plan', dir.path, '--aws-region', 'eu-central-1');

    expect(out).toContain('In eu-central-1: 1 to create');
  });

  it('prints JSON for programs', async () => {
    await write('rule.json', { SamplingRule: rule() });
    await type('apply', dir.path);
    await write('rule.json', { SamplingRule: rule({ FixedRate: 0.2 }) });

    const { code, out } = await type('plan', dir.path, '--json');

    expect(code).toBe(3);
    expect(JSON.parse(out)).toEqual({
      region: 'us-east-1',
      steps: [
        {
          action: 'update',
          kind: 'sampling-rule',
          name: 'Cruddur',
          file: 'rule.json:1',
          changes: [{ field: 'FixedRate', from: 0.1, to: 0.2 }],
          cannotBeChanged: [],
          note: null,
          failure: null,
        },
        expect.objectContaining({ action: 'left alone', name: 'Sandbox', file: null }),
        expect.objectContaining({ action: 'left alone', name: 'Default', note: "X-Ray's own" }),
      ],
    });
  });
});

describe('an AWS that refuses', () => {
  beforeEach(() => write('all.json', [{ SamplingRule: rule() }, { logGroupName: 'cruddur' }]));

  it.each([
    [{ kind: 'status', status: 403 }, 'Allow xray:GetSamplingRules, xray:CreateSamplingRule'],
    [{ kind: 'status', status: 401 }, 'nothing was changed: 401 UnrecognizedClientException'],
    [{ kind: 'reset' }, 'Run it again.'],
  ] as const)('with %j changed nothing, and says what to do', async (fault, words) => {
    sandbox.setFault('aws-xray', fault);

    const { code, out, err } = await type('apply', dir.path);

    expect([code, out]).toEqual([1, '']);
    expect(err).toContain('sidecast: nothing was changed: ');
    expect(err).toContain(words);
  });

  it('one step keeps no other from being done', async () => {
    for (let n = 2; n <= 25; n++)
      await account.xrayControl.createSamplingRule({ SamplingRule: rule({ RuleName: `r${n}` }) as never });

    const { code, out } = await type('apply', dir.path);

    expect(code).toBe(1);
    expect(out).toMatch(/! not created +sampling rule +Cruddur/);
    expect(out).toContain('RuleLimitExceededException');
    expect(out).toContain('1 not created');
    expect(await account.logsControl.logGroup('cruddur')).toBeDefined();
  });

  it('says which credentials it misses', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nonexistent/config');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nonexistent/credentials');

    const { code, err } = await type('plan', dir.path);

    expect(code).toBe(1);
    expect(err).toMatch(/nothing was changed: no AWS credentials were found.*Set AWS_ACCESS_KEY_ID/);
  });
});
