// Part of the tests: X-Ray's control plane as AWS's own client sees it: rules, groups, targets and telemetry, with their limits.
import {
  CreateGroupCommand,
  CreateSamplingRuleCommand,
  DeleteGroupCommand,
  DeleteSamplingRuleCommand,
  GetGroupCommand,
  GetGroupsCommand,
  GetSamplingRulesCommand,
  GetSamplingTargetsCommand,
  PutTelemetryRecordsCommand,
  type SamplingRule,
  type SamplingStatisticsDocument,
  UpdateGroupCommand,
  UpdateSamplingRuleCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SANDBOX_AWS_CREDENTIAL } from '../../src/sandbox/index.ts';
import { cruddur } from '../sampling/support.ts';
import { ManualClock } from '../support/records.ts';
import { sandboxForTest } from './helpers.ts';

async function xray(clock?: ManualClock): Promise<XRayClient> {
  const sandbox = await sandboxForTest(clock ? { clock } : {});
  const client = new XRayClient({
    region: 'us-east-1',
    endpoint: sandbox.url,
    credentials: SANDBOX_AWS_CREDENTIAL,
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  return client;
}

const rule = (more: Partial<SamplingRule> = {}): SamplingRule => ({ ...cruddur, ...more });
const created = (more?: Partial<SamplingRule>) => new CreateSamplingRuleCommand({ SamplingRule: rule(more) });

const statistics = (more: Partial<SamplingStatisticsDocument> = {}): SamplingStatisticsDocument => ({
  RuleName: 'Default',
  ClientID: '0123456789abcdef01234567',
  Timestamp: new Date(),
  RequestCount: 1,
  SampledCount: 1,
  ...more,
});
const targets = (...documents: SamplingStatisticsDocument[]) =>
  new GetSamplingTargetsCommand({ SamplingStatisticsDocuments: documents });

async function ruleNames(client: XRayClient): Promise<(string | undefined)[]> {
  const { SamplingRuleRecords = [] } = await client.send(new GetSamplingRulesCommand({}));
  return SamplingRuleRecords.map(({ SamplingRule }) => SamplingRule?.RuleName);
}

const INVALID = { name: 'InvalidRequestException', $metadata: { httpStatusCode: 400 } };

describe('sampling rules', () => {
  it('are made, changed field by field, and deleted', async () => {
    const client = await xray();
    const { SamplingRuleRecord } = await client.send(created({ Attributes: { region: 'eu' } }));
    const { RuleARN } = SamplingRuleRecord?.SamplingRule ?? {};
    expect(RuleARN).toMatch(/^arn:aws:xray:.*sampling-rule\/Cruddur$/);

    await client.send(
      new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: 'Cruddur', FixedRate: 0.2 } }),
    );

    const { SamplingRuleRecords = [] } = await client.send(new GetSamplingRulesCommand({}));
    expect(SamplingRuleRecords.at(-1)?.SamplingRule).toEqual({
      ...rule({ FixedRate: 0.2, Attributes: { region: 'eu' } }),
      RuleARN,
    });
    await client.send(new DeleteSamplingRuleCommand({ RuleARN }));
    expect(await ruleNames(client)).toEqual(['Sandbox', 'Default']);
  });

  it.each<[string, Partial<SamplingRule>]>([
    ['no name', { RuleName: undefined }],
    ['an empty name', { RuleName: '' }],
    ['a name of 33 characters', { RuleName: 'r'.repeat(33) }],
    ['a name and an ARN', { RuleARN: 'arn:aws:xray:us-east-1:000000000000:sampling-rule/Cruddur' }],
    ['the name of the default rule', { RuleName: 'Default' }],
    ['a resource of 501 characters', { ResourceARN: 'a'.repeat(501) }],
    ['priority 0', { Priority: 0 }],
    ["the default rule's priority", { Priority: 10_000 }],
    ['a priority between two', { Priority: 1.5 }],
    ['a rate above 1', { FixedRate: 1.01 }],
    ['a negative rate', { FixedRate: -0.1 }],
    ['a negative reservoir', { ReservoirSize: -1 }],
    ['a service name of 65 characters', { ServiceName: 's'.repeat(65) }],
    ['a method of 11 characters', { HTTPMethod: 'M'.repeat(11) }],
    ['a path of 129 characters', { URLPath: '/'.repeat(129) }],
    ['another version', { Version: 2 }],
    ['no service type', { ServiceType: undefined }],
    ['six attributes', { Attributes: Object.fromEntries([...'abcdef'].map((key) => [key, 'x'])) }],
    ['an attribute of 33 characters', { Attributes: { key: 'v'.repeat(33) } }],
    ['a boost without its window', { SamplingRateBoost: { MaxRate: 1 } as never }],
  ])('are refused with %s', async (_what, more) => {
    const client = await xray();

    await expect(client.send(created(more))).rejects.toMatchObject(INVALID);
    expect(await ruleNames(client)).toEqual(['Sandbox', 'Default']);
  });

  it('have names that are in use once', async () => {
    const client = await xray();
    await client.send(created());

    await expect(client.send(created())).rejects.toMatchObject(INVALID);
  });

  it('are 25 beside the default one', async () => {
    const client = await xray();
    for (let n = 1; n < 25; n++) await client.send(created({ RuleName: `rule-${n}` }));

    await expect(client.send(created())).rejects.toMatchObject({ name: 'RuleLimitExceededException' });
    await client.send(new DeleteSamplingRuleCommand({ RuleName: 'rule-1' }));
    await client.send(created());
  });

  it('have a default one of which rate and reservoir can be changed', async () => {
    const client = await xray();
    const update = (SamplingRuleUpdate: object) =>
      client.send(
        new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: 'Default', ...SamplingRuleUpdate } }),
      );
    await update({ FixedRate: 0.5, ReservoirSize: 3 });

    const { SamplingTargetDocuments } = await client.send(targets(statistics()));
    expect(SamplingTargetDocuments).toMatchObject([{ FixedRate: 0.5, ReservoirQuota: 3 }]);
    await expect(update({ URLPath: '/x' })).rejects.toMatchObject(INVALID);
    const remove = new DeleteSamplingRuleCommand({ RuleName: 'Default' });
    await expect(client.send(remove)).rejects.toMatchObject(INVALID);
  });

  it('that nobody made cannot be changed or deleted', async () => {
    const client = await xray();
    const update = new UpdateSamplingRuleCommand({ SamplingRuleUpdate: { RuleName: 'Gone', FixedRate: 1 } });

    await expect(client.send(update)).rejects.toMatchObject(INVALID);
    await expect(client.send(new DeleteSamplingRuleCommand({ RuleName: 'Gone' }))).rejects.toMatchObject(
      INVALID,
    );
  });
});

describe('sampling targets', () => {
  it('tell when a rule was changed last', async () => {
    const clock = new ManualClock(Math.floor(Date.now() / 1000) * 1000);
    const client = await xray(clock);
    const lastModified = async () => (await client.send(targets(statistics()))).LastRuleModification;
    const before = await lastModified();

    clock.advance(60_000);
    await client.send(created());

    expect(before?.getTime()).toBeLessThan(clock.now() - 60_000);
    expect((await lastModified())?.getTime()).toBe(clock.now());
  });

  it('name the statistics whose rule is gone, with a code that makes Go ask for the rules again', async () => {
    const client = await xray();
    await client.send(created());
    const answer = await client.send(
      targets(statistics({ RuleName: 'Cruddur' }), statistics({ RuleName: 'X' })),
    );

    expect(answer.SamplingTargetDocuments).toMatchObject([{ RuleName: 'Cruddur', ReservoirQuota: 5 }]);
    expect(answer.UnprocessedStatistics).toMatchObject([
      { RuleName: 'X', ErrorCode: expect.stringMatching(/^4/), Message: expect.any(String) },
    ]);
  });

  it.each([
    ['26 documents', Array.from({ length: 26 }, () => statistics())],
    ['a client id of 23 characters', [statistics({ ClientID: '0'.repeat(23) })]],
    ['no client id', [statistics({ ClientID: undefined })]],
    ['a negative count', [statistics({ RequestCount: -1 })]],
  ])('are refused for %s', async (_what, documents) => {
    await expect((await xray()).send(targets(...documents))).rejects.toMatchObject(INVALID);
  });
});

describe('groups', () => {
  it('are made, changed and deleted; the default one stays', async () => {
    const client = await xray();
    const insights = { InsightsEnabled: true, NotificationsEnabled: true };
    const { Group } = await client.send(
      new CreateGroupCommand({ GroupName: 'Cruddur', FilterExpression: 'service("backend-flask")' }),
    );

    await client.send(new UpdateGroupCommand({ GroupName: 'Cruddur', InsightsConfiguration: insights }));

    const { Groups = [] } = await client.send(new GetGroupsCommand({}));
    expect(Groups.map(({ GroupName }) => GroupName)).toEqual(['Default', 'Cruddur']);
    const read = await client.send(new GetGroupCommand({ GroupARN: Group?.GroupARN }));
    expect(read.Group).toEqual({ ...Group, InsightsConfiguration: insights });
    await client.send(new DeleteGroupCommand({ GroupName: 'Cruddur' }));
    await expect(client.send(new DeleteGroupCommand({ GroupName: 'Default' }))).rejects.toMatchObject(
      INVALID,
    );
    expect((await client.send(new GetGroupsCommand({}))).Groups).toHaveLength(1);
  });

  it.each([
    ['no name', { GroupName: undefined }],
    ['a name of 33 characters', { GroupName: 'g'.repeat(33) }],
    ['the name of the default group', { GroupName: 'Default' }],
    ['notifications without insights', { InsightsConfiguration: { NotificationsEnabled: true } }],
    ['a tag without a value', { Tags: [{ Key: 'team' } as never] }],
  ])('are refused with %s', async (_what, more) => {
    const client = await xray();

    await expect(client.send(new CreateGroupCommand({ GroupName: 'x', ...more }))).rejects.toMatchObject(
      INVALID,
    );
  });

  it('have names that are in use once, and are found by name or ARN', async () => {
    const client = await xray();
    const { Group } = await client.send(new CreateGroupCommand({ GroupName: 'x' }));

    await expect(client.send(new CreateGroupCommand({ GroupName: 'x' }))).rejects.toMatchObject(INVALID);
    await expect(client.send(new GetGroupCommand({ GroupName: 'y' }))).rejects.toMatchObject(INVALID);
    const both = new GetGroupCommand({ GroupName: 'x', GroupARN: Group?.GroupARN });
    await expect(client.send(both)).rejects.toMatchObject(INVALID);
  });
});

describe('telemetry', () => {
  const record = { Timestamp: new Date(), SegmentsReceivedCount: 1 };

  it.each([
    ['no records', { TelemetryRecords: undefined }],
    ['a record without its time', { TelemetryRecords: [{ SegmentsSentCount: 1 } as never] }],
    ['a count between two', { TelemetryRecords: [{ ...record, SegmentsSentCount: 0.5 }] }],
    ['a host name of 256 characters', { TelemetryRecords: [record], Hostname: 'h'.repeat(256) }],
    ['an instance id of 21 characters', { TelemetryRecords: [record], EC2InstanceId: 'i'.repeat(21) }],
  ])('is refused with %s', async (_what, input) => {
    await expect((await xray()).send(new PutTelemetryRecordsCommand(input))).rejects.toMatchObject(INVALID);
  });
});
