// Part of the tests: the CloudWatch Logs stand-in holds batches to the limits of PutLogEvents.
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/model/clock.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { callLogs, GROUP, STREAM, sandboxForTest, sandboxWithStream } from './helpers.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const NOW_MS = Date.now();
/** Stands still, so that the edges of time can be met exactly. */
const clock: Clock = { now: () => NOW_MS, schedule: () => () => {} };

const event = (message: string, timestamp = NOW_MS) => ({ timestamp, message });

async function put(sandbox: Sandbox, logEvents: unknown): Promise<{ status: number; body: unknown }> {
  const response = await callLogs(sandbox, 'PutLogEvents', { ...STREAM, logEvents });
  return { status: response.status, body: await response.json() };
}

const refused = (message: string) => ({
  status: 400,
  body: { __type: 'InvalidParameterException', message: expect.stringContaining(message) },
});

describe('PutLogEvents', () => {
  it('knows a log record that has a log.id by that as well, once', async () => {
    const taken: string[] = [];
    const sandbox = await sandboxWithStream({ clock, onItem: (_, id) => void taken.push(id) });
    const message = JSON.stringify({ attributes: { 'log.id': 'l1' }, event_id: 'e-1' });
    await put(sandbox, [event(message)]);
    expect(sandbox.audit('aws-cloudwatch-logs', ['e-1', 'log:l1'])).toEqual({ missing: [], duplicated: [] });
    expect(sandbox.counts()['aws-cloudwatch-logs']).toMatchObject({ items: 1, uniqueItems: 1 });
    expect(taken).toEqual(['log:l1']);
  });

  it('takes a batch and knows JSON messages by their event_id', async () => {
    const sandbox = await sandboxWithStream({ clock });
    const message = JSON.stringify({ message: 'hello', event_id: 'e-1' });
    expect(await put(sandbox, [event(message), event('plain')])).toEqual({
      status: 200,
      body: { nextSequenceToken: expect.any(String) },
    });
    expect(sandbox.audit('aws-cloudwatch-logs', ['e-1', 'e-2'])).toEqual({
      missing: ['e-2'],
      duplicated: [],
    });
    expect(sandbox.items('aws-cloudwatch-logs')).toEqual([
      { group: 'cruddur', stream: 'backend-flask', timestamp: NOW_MS, message },
      { group: 'cruddur', stream: 'backend-flask', timestamp: NOW_MS, message: 'plain' },
    ]);
  });

  it('knows no group or stream that was not created', async () => {
    const sandbox = await sandboxForTest({ clock });
    const notFound = { status: 400, body: { __type: 'ResourceNotFoundException' } };
    expect(await put(sandbox, [event('x')])).toMatchObject(notFound);
    await callLogs(sandbox, 'CreateLogGroup', GROUP);
    expect(await put(sandbox, [event('x')])).toMatchObject(notFound);
    await callLogs(sandbox, 'CreateLogStream', STREAM);
    expect(await put(sandbox, [event('x')])).toMatchObject({ status: 200 });
  });

  it('takes 10,000 events and not 10,001', async () => {
    const sandbox = await sandboxWithStream({ clock });
    const events = Array.from({ length: 10_001 }, (_, n) => event(`line ${n}`));
    expect(await put(sandbox, events.slice(1))).toMatchObject({ status: 200 });
    expect(await put(sandbox, events)).toMatchObject(refused('at most 10000'));
  });

  it('takes 1,048,576 bytes with 26 for each event, and not one more', async () => {
    const sandbox = await sandboxWithStream({ clock });
    const half = 1_048_576 / 2 - 26;
    expect(await put(sandbox, [event('x'.repeat(half)), event('x'.repeat(half))])).toMatchObject({
      status: 200,
    });
    const beyond = [event('x'.repeat(half)), event('x'.repeat(half + 1))];
    expect(await put(sandbox, beyond)).toMatchObject(refused('Upload too large'));
    const inBytes = [event('é'.repeat(half / 2)), event(`${'é'.repeat(half / 2)}x`)];
    expect(await put(sandbox, inBytes)).toMatchObject(refused('Upload too large'));
  });

  it('takes one event of 1 MB less 26 bytes, and not one more', async () => {
    const sandbox = await sandboxWithStream({ clock });
    expect(await put(sandbox, [event('x'.repeat(1_048_550))])).toMatchObject({ status: 200 });
    expect(await put(sandbox, [event('x'.repeat(1_048_551))])).toMatchObject(refused('Log event too large'));
  });

  it.each([
    ['no events', [], 'at least one event'],
    ['an empty message', [event('')], 'at least one character'],
    ['no message', [{ timestamp: NOW_MS }], 'at least one character'],
    ['a fraction of a millisecond', [event('x', 1.5)], 'whole number'],
    ['events out of order', [event('b', NOW_MS), event('a', NOW_MS - 1)], 'chronological'],
    ['more than 24 hours', [event('a', NOW_MS - DAY_MS - 1), event('b', NOW_MS)], '24 hours'],
  ])('takes no batch with %s', async (_what, events, message) => {
    const sandbox = await sandboxWithStream({ clock });
    expect(await put(sandbox, events)).toMatchObject(refused(message));
    expect(sandbox.counts()['aws-cloudwatch-logs']).toEqual({
      requests: 1,
      items: 0,
      uniqueItems: 0,
      refused: 1,
    });
  });

  it('takes a batch of exactly 24 hours', async () => {
    const sandbox = await sandboxWithStream({ clock });
    expect(await put(sandbox, [event('a', NOW_MS - DAY_MS), event('b')])).toMatchObject({ status: 200 });
  });

  it('leaves out what is older than 14 days or more than 2 hours ahead, and says from where to where', async () => {
    const sandbox = await sandboxWithStream({ clock });
    const old = event('old', NOW_MS - 14 * DAY_MS - 1);
    const ahead = event('ahead', NOW_MS + 2 * HOUR_MS + 1);
    const edge = event('edge', NOW_MS + 2 * HOUR_MS);
    const { body } = await put(sandbox, [old, event('now'), edge, ahead]);
    expect(body).toMatchObject({
      rejectedLogEventsInfo: { tooOldLogEventEndIndex: 1, tooNewLogEventStartIndex: 3 },
    });
    expect(sandbox.items('aws-cloudwatch-logs')).toMatchObject([{ message: 'now' }, { message: 'edge' }]);
    expect(sandbox.counts()['aws-cloudwatch-logs']).toMatchObject({ items: 2, refused: 2 });
  });

  it('leaves out what is older than the retention of its group', async () => {
    const sandbox = await sandboxWithStream({ clock });
    await callLogs(sandbox, 'PutRetentionPolicy', { ...GROUP, retentionInDays: 3 });
    const { body } = await put(sandbox, [event('expired', NOW_MS - 3 * DAY_MS - 1), event('now')]);
    expect(body).toMatchObject({ rejectedLogEventsInfo: { expiredLogEventEndIndex: 1 } });
    expect(sandbox.items('aws-cloudwatch-logs')).toMatchObject([{ message: 'now' }]);
  });
});

describe('log groups and streams', () => {
  it.each([
    ['CreateLogGroup', { logGroupName: 'g'.repeat(513) }],
    ['CreateLogGroup', { logGroupName: 'my group' }],
    ['CreateLogGroup', { logGroupName: 'aws/mine' }],
    ['CreateLogStream', { ...GROUP, logStreamName: 'a:b' }],
    ['CreateLogStream', { ...GROUP, logStreamName: 'a*b' }],
    ['CreateLogStream', { ...GROUP, logStreamName: 's'.repeat(513) }],
    ['PutRetentionPolicy', { ...GROUP, retentionInDays: 2 }],
  ])('%s refuses %j', async (operation, body) => {
    const sandbox = await sandboxWithStream();
    const response = await callLogs(sandbox, operation, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ __type: 'InvalidParameterException' });
  });

  it('are created once, in order, and can be described', async () => {
    const sandbox = await sandboxForTest();
    const early = await callLogs(sandbox, 'CreateLogStream', STREAM);
    expect(await early.json()).toMatchObject({ __type: 'ResourceNotFoundException' });
    expect((await callLogs(sandbox, 'CreateLogGroup', GROUP)).status).toBe(200);
    const again = await callLogs(sandbox, 'CreateLogGroup', GROUP);
    expect(await again.json()).toMatchObject({ __type: 'ResourceAlreadyExistsException' });
    await callLogs(sandbox, 'PutRetentionPolicy', { ...GROUP, retentionInDays: 7 });
    const described = await callLogs(sandbox, 'DescribeLogGroups', { logGroupNamePrefix: 'crud' });
    expect(await described.json()).toMatchObject({ logGroups: [{ ...GROUP, retentionInDays: 7 }] });
    await callLogs(sandbox, 'CreateLogStream', STREAM);
    const streams = await callLogs(sandbox, 'DescribeLogStreams', GROUP);
    expect(await streams.json()).toMatchObject({ logStreams: [{ logStreamName: 'backend-flask' }] });
  });
});
