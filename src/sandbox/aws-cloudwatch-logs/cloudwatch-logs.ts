// Part of the sandbox: the CloudWatch Logs API as far as a log agent speaks it.
import { createHash } from 'node:crypto';
import type { Clock } from '../../model/clock.ts';
import { awsErrorOf, awsJson, awsJsonError } from '../aws-errors.ts';
import type { Fault } from '../faults.ts';
import type { AwsCredential } from '../settings.ts';
import { verifySignature } from '../sigv4.ts';
import type { Store } from '../store.ts';
import { asObject, header, parseObject, type Vendor, type VendorRequest } from '../vendor.ts';
import {
  accepted,
  type LogEvent,
  type RejectedLogEventsInfo,
  readEvents,
  rejectedByTime,
  spansMoreThanADay,
} from './events.ts';
import { fail, isGroupName, isStreamName, LogGroups, type Outcome } from './log-groups.ts';

const TARGET = 'Logs_20140328.';

export function createCloudWatchLogs(
  store: Store,
  credentials: readonly AwsCredential[],
  clock: Clock,
): Vendor {
  const groups = new LogGroups();

  function putLogEvents(body: Readonly<Record<string, unknown>>, fault: Fault): Outcome {
    const { logGroupName: group, logStreamName: stream } = body;
    if (!isGroupName(group) || !isStreamName(stream)) {
      return fail(
        'InvalidParameterException',
        'The name of the log group or stream does not meet the rules.',
      );
    }
    const missing = groups.missing(group, stream);
    if (missing) return missing;
    const events = readEvents(body['logEvents']);
    if (typeof events === 'string') return fail('InvalidParameterException', events);
    if (fault.kind === 'poison' && events.some((event) => idOf(event) === fault.itemId)) {
      return fault.status === undefined
        ? fail('InvalidParameterException', 'The batch holds an event that cannot be processed.')
        : { error: errorOf(fault.status) };
    }
    const info =
      fault.kind === 'partial'
        ? firstHalf(events)
        : rejectedByTime(events, clock.now(), groups.retentionDays(group));
    const taken = accepted(events, info);
    if (spansMoreThanADay(taken)) {
      return fail(
        'InvalidParameterException',
        'A batch in one PutLogEvents request cannot span more than 24 hours.',
      );
    }
    for (const event of taken) store.add(idOf(event), () => ({ group, stream, ...event }), namesOf(event));
    store.countRefused(events.length - taken.length);
    // The token is still returned, and ignored when it comes back (API reference).
    return { value: { nextSequenceToken: '0', ...(info && { rejectedLogEventsInfo: info }) } };
  }

  function call(operation: string, body: Readonly<Record<string, unknown>>, fault: Fault): Outcome {
    const { logGroupName, logStreamName } = body;
    switch (operation) {
      case 'PutLogEvents':
        return putLogEvents(body, fault);
      case 'CreateLogGroup':
        return groups.createGroup(logGroupName, clock.now());
      case 'CreateLogStream':
        return groups.createStream(logGroupName, logStreamName, clock.now());
      case 'PutRetentionPolicy':
        return groups.putRetention(logGroupName, body['retentionInDays']);
      case 'DescribeLogGroups':
        return groups.describeGroups(body['logGroupNamePrefix'], body['limit']);
      case 'DescribeLogStreams':
        return groups.describeStreams(logGroupName, body['logStreamNamePrefix']);
      default:
        return fail('UnknownOperationException', `The sandbox does not know ${operation}.`);
    }
  }

  return {
    destination: 'aws-cloudwatch-logs',
    claims(request) {
      const operation = operationOf(request);
      if (operation === undefined) return undefined;
      return operation === 'PutLogEvents' ? 'items' : 'other';
    },
    answer(request, fault) {
      const failure = verifySignature(request, 'logs', credentials, clock.now());
      if (failure) return awsJsonError({ status: 403, ...failure });
      const body = parseObject(request.body);
      if (!body) return awsJsonError(fail('SerializationException', 'The body is not a JSON object.').error);
      const outcome = call(operationOf(request) ?? '', body, fault);
      return 'error' in outcome ? awsJsonError(outcome.error) : awsJson(outcome.value);
    },
    refuse(_request, status, retryAfter) {
      const headers = retryAfter === undefined ? {} : { 'retry-after': retryAfter };
      return awsJsonError(errorOf(status), headers);
    },
  };
}

function operationOf(request: VendorRequest): string | undefined {
  const target = header(request, 'x-amz-target');
  if (request.method !== 'POST' || request.path !== '/' || !target?.startsWith(TARGET)) return undefined;
  return target.slice(TARGET.length);
}

/** This API throttles with HTTP 400: only the name tells (API reference, "Common errors"). */
const errorOf = (status: number) =>
  awsErrorOf(status, fail('ThrottlingException', 'Rate exceeded').error, 'InvalidParameterException');

const fieldsOf = ({ message }: LogEvent) =>
  message.startsWith('{') ? (parseObject(Buffer.from(message)) ?? {}) : {};

/** `event_id` where the message is JSON that has one. */
function idOf(event: LogEvent): string {
  const id = fieldsOf(event)['event_id'];
  if (typeof id === 'string') return id;
  return createHash('sha1').update(`${event.timestamp} ${event.message}`).digest('hex');
}

/** A log record that its sender named `log.id`, under the same name as at Honeycomb. */
function namesOf(event: LogEvent): readonly string[] | undefined {
  const named = asObject(fieldsOf(event)['attributes'])?.['log.id'];
  return typeof named === 'string' ? [`log:${named}`] : undefined;
}

/** For the fault `partial`: this API can only refuse the beginning or the end of a batch. */
const firstHalf = (events: readonly LogEvent[]): RejectedLogEventsInfo => ({
  tooOldLogEventEndIndex: Math.ceil(events.length / 2),
});
