// Part of the sandbox: log groups and streams of CloudWatch Logs (API reference: CreateLogGroup, CreateLogStream, PutRetentionPolicy).
import type { AwsError } from '../aws-errors.ts';

interface LogGroup {
  createdAtMs: number;
  retentionDays: number | undefined;
  streams: Map<string, number>;
}

export type Outcome = { error: AwsError } | { value: unknown };

/** Why a call failed. Every error of this API but the internal ones is HTTP 400, throttling too. */
export function fail(code: string, message: string): { error: AwsError } {
  return { error: { status: 400, code, message } };
}

const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];
const ARN = 'arn:aws:logs:us-east-1:000000000000:log-group:';

export const isGroupName = (value: unknown): value is string =>
  typeof value === 'string' && /^[A-Za-z0-9_/.#-]{1,512}$/.test(value) && !value.startsWith('aws/');

export const isStreamName = (value: unknown): value is string =>
  typeof value === 'string' && /^[^:*]{1,512}$/.test(value);

const badGroup = () =>
  fail('InvalidParameterException', 'The log group name does not meet the rules for names.');
const noGroup = () => fail('ResourceNotFoundException', 'The specified log group does not exist.');

export class LogGroups {
  readonly #groups = new Map<string, LogGroup>();

  retentionDays(group: string): number | undefined {
    return this.#groups.get(group)?.retentionDays;
  }

  createGroup(name: unknown, nowMs: number): Outcome {
    if (!isGroupName(name)) return badGroup();
    if (this.#groups.has(name)) {
      return fail('ResourceAlreadyExistsException', 'The specified log group already exists');
    }
    this.#groups.set(name, { createdAtMs: nowMs, retentionDays: undefined, streams: new Map() });
    return { value: undefined };
  }

  createStream(groupName: unknown, name: unknown, nowMs: number): Outcome {
    if (!isGroupName(groupName)) return badGroup();
    if (!isStreamName(name)) {
      return fail('InvalidParameterException', 'The log stream name does not meet the rules for names.');
    }
    const group = this.#groups.get(groupName);
    if (!group) return noGroup();
    if (group.streams.has(name)) {
      return fail('ResourceAlreadyExistsException', 'The specified log stream already exists');
    }
    group.streams.set(name, nowMs);
    return { value: undefined };
  }

  putRetention(name: unknown, days: unknown): Outcome {
    if (!isGroupName(name)) return badGroup();
    if (typeof days !== 'number' || !RETENTION_DAYS.includes(days)) {
      return fail(
        'InvalidParameterException',
        `retentionInDays must be one of ${RETENTION_DAYS.join(', ')}.`,
      );
    }
    const group = this.#groups.get(name);
    if (!group) return noGroup();
    group.retentionDays = days;
    return { value: undefined };
  }

  describeGroups(prefix: unknown, limit: unknown): Outcome {
    const logGroups = [...this.#groups]
      .filter(([name]) => typeof prefix !== 'string' || name.startsWith(prefix))
      .slice(0, typeof limit === 'number' ? limit : 50)
      .map(([logGroupName, { createdAtMs, retentionDays }]) => ({
        logGroupName,
        creationTime: createdAtMs,
        retentionInDays: retentionDays,
        metricFilterCount: 0,
        storedBytes: 0,
        arn: `${ARN}${logGroupName}:*`,
        logGroupClass: 'STANDARD',
      }));
    return { value: { logGroups } };
  }

  describeStreams(groupName: unknown, prefix: unknown): Outcome {
    const group = this.#groups.get(String(groupName));
    if (!group) return noGroup();
    const logStreams = [...group.streams]
      .filter(([name]) => typeof prefix !== 'string' || name.startsWith(prefix))
      .slice(0, 50)
      .map(([logStreamName, creationTime]) => ({
        logStreamName,
        creationTime,
        arn: `${ARN}${String(groupName)}:log-stream:${logStreamName}`,
        storedBytes: 0,
      }));
    return { value: { logStreams } };
  }

  /** Why events cannot be put there, or undefined. */
  missing(groupName: string, streamName: string): { error: AwsError } | undefined {
    const group = this.#groups.get(groupName);
    if (!group) return noGroup();
    if (group.streams.has(streamName)) return undefined;
    return fail('ResourceNotFoundException', 'The specified log stream does not exist.');
  }
}
