// Part of the tests: the stand-ins for AWS satisfy AWS's own clients, so a client that they refuse is wrong.
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  GetSamplingRulesCommand,
  GetSamplingTargetsCommand,
  PutTelemetryRecordsCommand,
  PutTraceSegmentsCommand,
  XRayClient,
} from '@aws-sdk/client-xray';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SANDBOX_AWS_CREDENTIAL, type Sandbox } from '../../src/sandbox/index.ts';
import { GROUP, STREAM, sandboxForTest, segment } from './helpers.ts';

const config = (sandbox: Sandbox, credentials = SANDBOX_AWS_CREDENTIAL) => ({
  region: 'eu-central-1',
  endpoint: sandbox.url,
  credentials,
  maxAttempts: 1,
});

function clients(sandbox: Sandbox, credentials = SANDBOX_AWS_CREDENTIAL) {
  const xray = new XRayClient(config(sandbox, credentials));
  const logs = new CloudWatchLogsClient(config(sandbox, credentials));
  onTestFinished(() => {
    xray.destroy();
    logs.destroy();
  });
  return { xray, logs };
}

describe("AWS's X-Ray client", () => {
  it('puts segments and telemetry, and reads which were not processed', async () => {
    const sandbox = await sandboxForTest();
    const { xray } = clients(sandbox);
    const put = new PutTraceSegmentsCommand({ TraceSegmentDocuments: [segment(), '{'] });
    const { UnprocessedTraceSegments } = await xray.send(put);
    expect(UnprocessedTraceSegments).toMatchObject([{ ErrorCode: 'ParseError' }]);
    const TelemetryRecords = [{ Timestamp: new Date(), SegmentsReceivedCount: 1 }];
    await expect(xray.send(new PutTelemetryRecordsCommand({ TelemetryRecords }))).resolves.toBeDefined();
    expect(sandbox.counts()['aws-xray']).toEqual({ requests: 1, items: 1, uniqueItems: 1, refused: 1 });
  });

  it('reads sampling rules and targets', async () => {
    const { xray } = clients(await sandboxForTest());
    const { SamplingRuleRecords } = await xray.send(new GetSamplingRulesCommand({}));
    expect(SamplingRuleRecords?.map(({ SamplingRule }) => SamplingRule?.RuleName)).toEqual([
      'Sandbox',
      'Default',
    ]);
    const statistics = (RuleName: string) => ({
      RuleName,
      ClientID: '0123456789abcdef01234567',
      Timestamp: new Date(),
      RequestCount: 1,
      SampledCount: 1,
    });
    const SamplingStatisticsDocuments = [statistics('Default'), statistics('Gone')];
    const targets = await xray.send(new GetSamplingTargetsCommand({ SamplingStatisticsDocuments }));
    expect(targets.SamplingTargetDocuments).toMatchObject([{ RuleName: 'Default', ReservoirQuota: 1 }]);
    expect(targets.SamplingTargetDocuments?.[0]?.ReservoirQuotaTTL).toBeInstanceOf(Date);
    expect(targets.UnprocessedStatistics).toMatchObject([{ RuleName: 'Gone' }]);
  });

  it('recognises its errors by name', async () => {
    const sandbox = await sandboxForTest();
    const documents = Array.from({ length: 51 }, () => segment());
    const tooMany = clients(sandbox).xray.send(
      new PutTraceSegmentsCommand({ TraceSegmentDocuments: documents }),
    );
    await expect(tooMany).rejects.toMatchObject({
      name: 'InvalidRequestException',
      $metadata: { httpStatusCode: 400 },
    });
    const { xray } = clients(sandbox, { ...SANDBOX_AWS_CREDENTIAL, secretAccessKey: 'wrong' });
    const put = new PutTraceSegmentsCommand({ TraceSegmentDocuments: [segment()] });
    await expect(xray.send(put)).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    sandbox.setFault('aws-xray', { kind: 'status', status: 429 });
    await expect(xray.send(put)).rejects.toMatchObject({ name: 'ThrottledException' });
  });
});

describe("AWS's CloudWatch Logs client", () => {
  it('creates group and stream, then puts events', async () => {
    const sandbox = await sandboxForTest();
    const { logs } = clients(sandbox);
    const logEvents = [
      { timestamp: Date.now() - 15 * 24 * 3_600_000, message: 'old' },
      { timestamp: Date.now(), message: 'now' },
    ];
    const put = new PutLogEventsCommand({ ...STREAM, logEvents });
    await expect(logs.send(put)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await logs.send(new CreateLogGroupCommand(GROUP));
    await expect(logs.send(new CreateLogGroupCommand(GROUP))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await logs.send(new PutRetentionPolicyCommand({ ...GROUP, retentionInDays: 30 }));
    await logs.send(new CreateLogStreamCommand(STREAM));
    const { rejectedLogEventsInfo } = await logs.send(put);
    expect(rejectedLogEventsInfo).toEqual({ tooOldLogEventEndIndex: 1 });
    const { logGroups } = await logs.send(new DescribeLogGroupsCommand({}));
    expect(logGroups).toMatchObject([{ ...GROUP, retentionInDays: 30 }]);
    expect(sandbox.items('aws-cloudwatch-logs')).toMatchObject([{ message: 'now' }]);
  });

  it('recognises a throttle by name, although it is HTTP 400', async () => {
    const sandbox = await sandboxForTest();
    sandbox.setFault('aws-cloudwatch-logs', { kind: 'status', status: 429 });
    const logEvents = [{ timestamp: Date.now(), message: 'x' }];
    const put = clients(sandbox).logs.send(new PutLogEventsCommand({ ...STREAM, logEvents }));
    await expect(put).rejects.toMatchObject({
      name: 'ThrottlingException',
      $metadata: { httpStatusCode: 400 },
    });
  });
});
