// Part of exporters/aws-cloudwatch-logs: what users may set.
import type { AwsConfig } from '../../aws/config.ts';
import { bytes, choice, httpUrl, integer, text, type Values } from '../../config/option.ts';
import type { Reason } from '../../model/reasons.ts';
import { MAX_EVENT_BYTES } from './event.ts';

/** CreateLogGroup: 1 to 512 of these, and `aws/` is Amazon's own. */
export const LOG_GROUP_NAME = /^(?!aws\/)[A-Za-z0-9_/.#-]{1,512}$/;

/** PutRetentionPolicy takes these and no others. */
export const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const groupName = () =>
  text().refine(
    (name) => LOG_GROUP_NAME.test(name),
    'expected 1 to 512 letters, digits and _ / . # -, not starting with aws/',
  );

export const options = {
  group: {
    env: 'CLOUDWATCH_LOG_GROUP',
    schema: groupName(),
    summary: 'Log group, created when it is missing. CloudWatch Logs is on when it is set.',
    example: 'cruddur',
  },
  requestsGroup: {
    env: 'CLOUDWATCH_LOG_GROUP_REQUESTS',
    schema: groupName(),
    summary:
      'Log group of access lines and error events, made of spans and X-Ray segments; CLOUDWATCH_LOG_GROUP when not set.',
    example: 'cruddur-requests',
  },
  stream: {
    env: 'CLOUDWATCH_LOG_STREAM',
    schema: text(),
    fallback: '{service.name}',
    summary:
      "Log stream; {name} stands for a resource attribute, {date} for the event's day (UTC); watchtower's {machine_name}, {program_name}, {logger_name}, {process_id}, {thread_name} and {strftime:%Y-%m-%d} are known.",
    example: '{service.name}/{host.name}',
  },
  logClass: {
    env: 'CLOUDWATCH_LOG_CLASS',
    schema: choice('STANDARD', 'INFREQUENT_ACCESS'),
    fallback: 'STANDARD',
    summary:
      'Class of a log group created by sidecast; it cannot be changed later. INFREQUENT_ACCESS is cheaper, without metric filters and Live Tail.',
  },
  retentionDays: {
    env: 'CLOUDWATCH_RETENTION_DAYS',
    schema: integer(1, 3653).refine(
      (days) => RETENTION_DAYS.includes(days),
      `expected one of: ${RETENTION_DAYS.join(', ')}`,
    ),
    summary: 'Days that a log group created by sidecast keeps its events; for ever when not set.',
    example: '30',
  },
  maxEventBytes: {
    env: 'CLOUDWATCH_MAX_EVENT_BYTES',
    schema: bytes().refine(
      (size) => size >= 4096 && size <= MAX_EVENT_BYTES,
      'expected a size from 4KiB to 1MiB',
    ),
    fallback: '1MiB',
    summary:
      'Largest event, counted as the vendor does; a larger one is cut and stays JSON. 256KiB where AWS has its older limit.',
  },
  endpoint: {
    env: 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS',
    schema: httpUrl(),
    summary: "Endpoint of CloudWatch Logs instead of the region's own. AWS_ENDPOINT_URL is ignored.",
    example: 'https://vpce-0123.logs.us-east-1.vpce.amazonaws.com',
  },
};

export type CloudWatchLogsConfig = Values<typeof options> & AwsConfig;

/** Why CloudWatch Logs is off; undefined when it is on. */
export function offReason(config: CloudWatchLogsConfig): Reason | undefined {
  if (config.group) return undefined;
  return { code: 'not_configured', message: 'no log group is named', fix: 'Set CLOUDWATCH_LOG_GROUP.' };
}
