// Part of the tests: exporters/aws-cloudwatch-logs/transport: a row for each answer, and streams made on demand.
import { describe, expect, it } from 'vitest';
import { AwsError, type AwsErrorKind } from '../../../src/aws/errors.ts';
import type { Logs } from '../../../src/aws/logs.ts';
import { check } from '../../../src/exporters/aws-cloudwatch-logs/check.ts';
import { offReason, options } from '../../../src/exporters/aws-cloudwatch-logs/config.ts';
import { create } from '../../../src/exporters/aws-cloudwatch-logs/index.ts';
import { traceUrl } from '../../../src/exporters/aws-cloudwatch-logs/links.ts';
import { partitions } from '../../../src/exporters/aws-cloudwatch-logs/partition.ts';
import { createTransport } from '../../../src/exporters/aws-cloudwatch-logs/transport.ts';
import { HttpError } from '../../../src/http/client.ts';
import { noPool } from '../../../src/model/buffer-pool.ts';
import { Shelf } from '../../../src/model/shelf.ts';
import { all, context, itemOf, NOW_MS, never } from '../records.ts';

const { clock } = context('aws-cloudwatch-logs');

type Operation = 'put' | 'group' | 'stream' | 'retention';
type Answers = Partial<Record<Operation, unknown[]>>;

/** Each call takes the next answer of its kind; none left means success. */
function logsAnswering(answers: Answers): Logs & { calls: string[] } {
  const calls: string[] = [];
  const next = async (operation: Operation, detail: string): Promise<string> => {
    calls.push(`${operation} ${detail}`);
    const answer = answers[operation]?.shift() ?? {};
    if (answer instanceof Error) throw answer;
    return typeof answer === 'string' ? answer : JSON.stringify(answer);
  };
  return {
    calls,
    region: async () => 'eu-central-1',
    knownRegion: () => 'eu-central-1',
    accessKeyId: async () => 'AKIDEXAMPLE1234',
    putLogEvents: async (body) => ({
      status: 200,
      headers: {},
      body: Buffer.from(await next('put', Buffer.from(body).toString())),
    }),
    createLogGroup: async (group, logClass) => void (await next('group', `${group} ${logClass}`)),
    createLogStream: async (group, stream) => void (await next('stream', `${group}/${stream}`)),
    putRetentionPolicy: async (group, days) => void (await next('retention', `${group} ${days}`)),
    close: async () => undefined,
  };
}

const NEW_GROUP = { retentionDays: 30, logClass: 'INFREQUENT_ACCESS' as const };

const shelf = new Shelf(noPool);

const items = (count = 1) =>
  Array.from({ length: count }, (_, i) =>
    itemOf(shelf.putCopy(Buffer.from(`{"timestamp":${i},"message":"m"}`)), { partition: 'g\u0000s' }),
  );
const missing = () =>
  new AwsError('not_found', 'The specified log stream does not exist.', {
    code: 'ResourceNotFoundException',
    status: 400,
  });
const exists = () => new AwsError('exists', '', { code: 'ResourceAlreadyExistsException', status: 400 });
const send = (answers: Answers, count = 1) =>
  createTransport(logsAnswering(answers), NEW_GROUP, clock)(items(count), never);
const kinds = (calls: readonly string[]) => calls.map((call) => call.split(' ')[0]);

describe('a check of two groups', () => {
  it('says of either that it may not be written', async () => {
    const denied = new AwsError('forbidden', 'no', { code: 'AccessDeniedException', status: 400 });
    const logs = logsAnswering({ put: [missing(), denied] });

    const results = await all(check(logs, partitions('logs', '{service.name}', 'requests')));

    expect(logs.calls).toMatchObject(
      [/"logGroupName":"logs"/, /"logGroupName":"requests"/].map((name) => expect.stringMatching(name)),
    );
    expect(results).toMatchObject([
      { step: 'identity', status: 'ok' },
      { step: 'permission', status: 'failed', reason: { code: 'forbidden' } },
    ]);
  });
});

describe('events that grew too old while they waited', () => {
  const DAY_MS = 86_400_000;
  const aged = (...daysBack: number[]) =>
    daysBack.map((days, i) =>
      itemOf(shelf.putCopy(Buffer.from(`{"timestamp":${i},"message":"m"}`)), {
        partition: 'g\u0000s',
        timeUnixMs: NOW_MS - days * DAY_MS,
      }),
    );

  it('are refused by themselves, and the others are sent without them', async () => {
    const logs = logsAnswering({ put: [{ rejectedLogEventsInfo: { tooNewLogEventStartIndex: 1 } }] });

    const result = await createTransport(logs, NEW_GROUP, clock)(aged(14, 15, 1, 2), never);

    expect(logs.calls).toEqual([expect.stringContaining('[{"timestamp":2,"message":"m"},{"timestamp":3')]);
    expect(result).toMatchObject({
      status: 'delivered',
      refused: [
        { index: 0, retryable: false, reason: { code: 'too_old' }, vendor: null },
        { index: 1, retryable: false, reason: { code: 'too_old' }, vendor: null },
        { index: 3, retryable: false, reason: { code: 'too_new' }, vendor: { status: 200 } },
      ],
    });
  });

  it('cost no request when there are no others', async () => {
    const logs = logsAnswering({});

    const result = await createTransport(logs, NEW_GROUP, clock)(aged(20, 30), never);

    expect(logs.calls).toEqual([]);
    expect(result).toMatchObject({ status: 'delivered', refused: [{ index: 0 }, { index: 1 }] });
  });
});

describe(createTransport, () => {
  it('writes the request as the API takes it', async () => {
    const logs = logsAnswering({});

    const result = await createTransport(
      logs,
      { ...NEW_GROUP, retentionDays: undefined },
      clock,
    )(items(2), never);

    expect(result).toEqual({ status: 'delivered', refused: [] });
    expect(logs.calls).toEqual([
      'put {"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":0,"message":"m"},{"timestamp":1,"message":"m"}]}',
    ]);
  });

  it.each<[AwsErrorKind, string, string]>([
    ['no_credentials', 'blocked', 'no_credentials'],
    ['no_region', 'blocked', 'not_configured'],
    ['unauthorized', 'blocked', 'unauthorized'],
    ['forbidden', 'blocked', 'forbidden'],
    ['skewed', 'blocked', 'unauthorized'],
    ['throttled', 'retryable', 'throttled'],
    ['exists', 'retryable', 'vendor_unavailable'],
    ['too_large', 'rejected', 'too_large'],
    ['invalid', 'rejected', 'vendor_rejected'],
    ['unavailable', 'retryable', 'vendor_unavailable'],
    ['unexpected', 'blocked', 'misdirected'],
  ])('takes %s as %s (%s)', async (kind, status, code) => {
    const result = await send({
      put: [new AwsError(kind, 'why', { code: 'SomeException', status: 400, body: '{}' })],
    });

    expect(result).toMatchObject({
      status,
      vendor: { status: 400, body: '{}' },
      reason: {
        code,
        message: expect.stringContaining('400 SomeException why'),
        fix: expect.stringMatching(/\.$/),
      },
    });
  });

  it('tries again after a failure of the network', async () => {
    expect(await send({ put: [new HttpError('reset', 'broke')] })).toMatchObject({
      status: 'retryable',
      counts: true,
      reason: { code: 'unreachable' },
    });
  });

  it('holds everything when something else answers 200', async () => {
    expect(await send({ put: ['<html>'] })).toMatchObject({
      status: 'blocked',
      reason: { code: 'misdirected' },
    });
  });

  it('reads the three indexes of rejected events', async () => {
    const info = { tooOldLogEventEndIndex: 1, expiredLogEventEndIndex: 2, tooNewLogEventStartIndex: 4 };

    const result = await send({ put: [{ rejectedLogEventsInfo: info }] }, 5);

    expect(result).toMatchObject({
      status: 'delivered',
      refused: [
        { index: 0, retryable: false, reason: { code: 'too_old' } },
        {
          index: 1,
          retryable: false,
          reason: { code: 'too_old', message: expect.stringContaining('retention') },
        },
        { index: 4, retryable: false, reason: { code: 'too_new' } },
      ],
    });
  });

  it('does not hide a bug', async () => {
    await expect(send({ put: [new TypeError('bug')] })).rejects.toThrow('bug');
  });
});

describe('a missing stream', () => {
  it('is made, and the events are sent again', async () => {
    const logs = logsAnswering({ put: [missing()] });

    expect(await createTransport(logs, NEW_GROUP, clock)(items(), never)).toEqual({
      status: 'delivered',
      refused: [],
    });
    expect(kinds(logs.calls)).toEqual(['put', 'stream', 'put']);
  });

  it('is made after its group, whose class and retention are set', async () => {
    const logs = logsAnswering({ put: [missing()], stream: [missing()] });

    expect(await createTransport(logs, NEW_GROUP, clock)(items(), never)).toMatchObject({
      status: 'delivered',
    });
    expect(logs.calls.slice(1, -1)).toEqual([
      'stream g/s',
      'group g INFREQUENT_ACCESS',
      'retention g 30',
      'stream g/s',
    ]);
  });

  it('leaves the retention of a group that somebody else made', async () => {
    const logs = logsAnswering({ put: [missing()], stream: [missing(), exists()], group: [exists()] });

    expect(await createTransport(logs, NEW_GROUP, clock)(items(), never)).toMatchObject({
      status: 'delivered',
    });
    expect(kinds(logs.calls)).toEqual(['put', 'stream', 'group', 'stream', 'put']);
  });

  it('does not wait for a retention that cannot be set', async () => {
    expect(
      await send({ put: [missing()], stream: [missing()], retention: [new AwsError('forbidden', '')] }),
    ).toMatchObject({ status: 'delivered' });
  });

  it('is made once for requests that miss it together', async () => {
    const logs = logsAnswering({ put: [missing(), missing(), missing()], stream: [missing()] });
    const transport = createTransport(logs, { ...NEW_GROUP, retentionDays: undefined }, clock);

    const results = await Promise.all([
      transport(items(), never),
      transport(items(), never),
      transport(items(), never),
    ]);

    expect(results.map(({ status }) => status)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(kinds(logs.calls).filter((kind) => kind !== 'put')).toEqual(['stream', 'group', 'stream']);
  });

  it('is waited for when it is not visible yet, and made again when it went away', async () => {
    const logs = logsAnswering({ put: [missing(), missing(), missing()] });
    const transport = createTransport(logs, { ...NEW_GROUP, retentionDays: undefined }, clock);

    expect(await transport(items(), never)).toMatchObject({
      status: 'retryable',
      reason: { code: 'vendor_unavailable' },
    });
    expect(await transport(items(), never)).toMatchObject({ status: 'delivered' });
    expect(kinds(logs.calls)).toEqual(['put', 'stream', 'put', 'put', 'stream', 'put']);
  });

  it('blocks when it may not be made', async () => {
    const denied = new AwsError('forbidden', 'not authorized to perform: logs:CreateLogStream', {
      status: 400,
    });

    expect(await send({ put: [missing()], stream: [denied] })).toMatchObject({
      status: 'blocked',
      reason: { code: 'forbidden', fix: expect.stringContaining('logs:CreateLogStream') },
    });
  });
});

describe(check, () => {
  const partitionOf = partitions('g', '{service.name}');

  it.each([[{}], [missing()], [new AwsError('invalid', 'no events', { status: 400 })]])(
    'passes on %s, without an event',
    async (answer) => {
      const logs = logsAnswering({ put: [answer] });

      expect(await all(check(logs, partitionOf))).toMatchObject([
        { step: 'identity', status: 'ok' },
        { step: 'permission', status: 'ok' },
      ]);
      expect(logs.calls).toEqual([
        'put {"logGroupName":"g","logStreamName":"unknown_service","logEvents":[]}',
      ]);
    },
  );

  it('fails with the permission to add', async () => {
    const denied = logsAnswering({ put: [new AwsError('forbidden', 'no', { status: 400 })] });

    expect(await all(check(denied, partitionOf))).toMatchObject([
      { status: 'ok' },
      { step: 'permission', status: 'failed', reason: { code: 'forbidden' } },
    ]);
  });
});

describe(create, () => {
  const config = {
    group: 'my/group',
    stream: '{service.name}',
    requestsGroup: undefined,
    maxEventBytes: 1_048_576,
    logClass: 'STANDARD' as const,
    retentionDays: undefined,
    endpoint: undefined,
    region: 'us-east-1',
  };

  it('keeps the limits of PutLogEvents', () => {
    const { limits } = create(config, {
      ...context('aws-cloudwatch-logs'),
      aws: { logs: logsAnswering({}) },
    });

    expect(limits).toMatchObject({
      maxItems: 10_000,
      maxBytes: 1_048_576,
      maxSpreadMs: 86_400_000,
      ordered: true,
    });
  });

  it('is off until a group is named', () => {
    expect(offReason(config)).toBeUndefined();
    expect(offReason({ ...config, group: undefined })).toMatchObject({
      code: 'not_configured',
      fix: 'Set CLOUDWATCH_LOG_GROUP.',
    });
  });

  it.each([
    ['group', 'aws/mine', false],
    ['group', 'a b', false],
    ['group', '/ecs/cruddur#1', true],
    ['maxEventBytes', '256KiB', true],
    ['maxEventBytes', '2MiB', false],
    ['maxEventBytes', '0', false],
    ['retentionDays', '30', true],
    ['retentionDays', '31', false],
  ] as const)('takes %s=%s: %s', (name, value, isValid) => {
    expect(options[name].schema.safeParse(value).success).toBe(isValid);
  });

  it('links to a query for the trace around its time', () => {
    const url = traceUrl(config, {
      traceId: 'abc',
      startUnixMs: 1_795_225_654_000,
      endUnixMs: 1_795_225_655_000,
    });

    expect(url).toBe(
      "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:logs-insights$3FqueryDetail$3D~(end~'2026-11-21T01*3a52*3a35.000Z~start~'2026-11-21T01*3a42*3a34.000Z~timeType~'ABSOLUTE~tz~'UTC~editorString~'fields*20*40timestamp*2c*20level*2c*20message*20*7c*20filter*20traceId*20*3d*20*22abc*22*20*7c*20sort*20*40timestamp~source~(~'my*2fgroup))",
    );
    expect(
      traceUrl({ ...config, requestsGroup: 'other' }, { traceId: 'abc', startUnixMs: 0, endUnixMs: 0 }),
    ).toMatch(/~source~\(~'my\*2fgroup~'other\)\)$/);
    expect(
      traceUrl({ ...config, region: undefined }, { traceId: 'abc', startUnixMs: 0, endUnixMs: 0 }),
    ).toBeUndefined();
    const found = create(
      { ...config, region: undefined },
      { ...context('aws-cloudwatch-logs'), aws: { logs: logsAnswering({}) } },
    );
    expect(found.traceUrl({ traceId: 'abc', startUnixMs: 0, endUnixMs: 0 })).toContain(
      'region=eu-central-1#',
    );
  });
});
