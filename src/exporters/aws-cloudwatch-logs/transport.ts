// Part of exporters/aws-cloudwatch-logs: one PutLogEvents call, and what each answer means.
import { AwsError } from '../../aws/errors.ts';
import type { Logs } from '../../aws/logs.ts';
import {
  type AwsMeanings,
  OF_ANY_SERVICE,
  resultOfAws,
  resultOfFailure,
} from '../../delivery/aws-failure.ts';
import type { EncodedItem, ExportResult, Refusal } from '../../delivery/exporter.ts';
import { MAX_SHOWN_BYTES, type Meaning } from '../../delivery/meaning.ts';
import { sendTimely } from '../../delivery/timely.ts';
import { type BufferPool, noPool } from '../../model/buffer-pool.ts';
import type { Clock } from '../../model/clock.ts';
import type { Reason } from '../../model/reasons.ts';
import { joinedBytes, joinInto, type Shelf } from '../../model/shelf.ts';
import { untimely } from './age.ts';
import type { LogEvent } from './event.ts';
import { placeOf } from './partition.ts';
import { createStreams, type NewGroup } from './streams.ts';

export type Transport = (
  items: readonly EncodedItem<LogEvent>[],
  signal: AbortSignal,
) => Promise<ExportResult>;

const MISDIRECTED: Meaning = {
  status: 'blocked',
  code: 'misdirected',
  message: 'the answer does not look like CloudWatch Logs',
  fix: 'Check AWS_ENDPOINT_URL_CLOUDWATCH_LOGS and HTTPS_PROXY.',
};

export const MEANINGS: AwsMeanings = {
  ...OF_ANY_SERVICE,
  forbidden: {
    status: 'blocked',
    code: 'forbidden',
    message: 'the credentials may not write to the log group',
    fix: 'Allow logs:PutLogEvents, logs:CreateLogStream and logs:CreateLogGroup on CLOUDWATCH_LOG_GROUP.',
  },
  throttled: {
    status: 'retryable',
    code: 'throttled',
    message: 'CloudWatch Logs asks to slow down',
    fix: 'Nothing: it is sent again. Ask AWS for a higher quota if it stays.',
  },
  // Group and stream were made a moment ago, and are not visible everywhere yet.
  not_found: {
    status: 'retryable',
    code: 'vendor_unavailable',
    message: 'the log group or stream is not there yet',
    fix: 'Nothing: it is sent again.',
  },
  exists: {
    status: 'retryable',
    code: 'vendor_unavailable',
    message: 'the log group is being changed',
    fix: 'Nothing: it is sent again.',
  },
  too_large: {
    status: 'rejected',
    code: 'too_large',
    message: 'CloudWatch Logs finds the request too large',
    fix: 'Record less in one event.',
  },
  invalid: {
    status: 'rejected',
    code: 'vendor_rejected',
    message: 'CloudWatch Logs refuses the request',
    fix: 'Look at the dead letter.',
  },
  unavailable: {
    status: 'retryable',
    code: 'vendor_unavailable',
    message: 'CloudWatch Logs answers with a server error',
    fix: 'Nothing: it is sent again.',
  },
  unexpected: MISDIRECTED,
};

/** The request as the API takes it. */
export function bodyOf(
  partition: string,
  events: readonly LogEvent[],
  allocate: (bytes: number) => Buffer = Buffer.allocUnsafeSlow,
): Uint8Array {
  const { group, stream } = placeOf(partition);
  const place = `"logGroupName":${JSON.stringify(group)},"logStreamName":${JSON.stringify(stream)}`;
  const head = Buffer.from(`{${place},"logEvents":[`);
  const body = allocate(head.length + joinedBytes(events) + TAIL.length);
  body.set(head);
  body.write(TAIL, joinInto(body, head.length, events), 'latin1');
  return body;
}

const TAIL = ']}';

export function createTransport(
  logs: Logs,
  newGroup: NewGroup,
  clock: Clock,
  pool: BufferPool = noPool,
  shelf?: Shelf,
): Transport {
  const streams = createStreams(logs, newGroup);
  const put = async (items: readonly EncodedItem<LogEvent>[], signal: AbortSignal): Promise<ExportResult> => {
    const partition = items[0]?.partition ?? '';
    const events = items.map(({ value }) => value);
    const body = bodyOf(partition, events, pool.take);
    try {
      const answer = await logs.putLogEvents(body, signal).catch(async (error: unknown) => {
        if (!(error instanceof AwsError && error.kind === 'not_found')) throw error;
        await streams.create(partition);
        return logs.putLogEvents(body, signal);
      });
      // Answered with success: it has left the socket. After a failure that is not certain.
      pool.give(body);
      const result = readSuccess(items, Buffer.from(answer.body).toString('utf8'));
      if (result.status === 'delivered' && result.refused.length === 0) shelf?.takeOff(events);
      return result;
    } catch (error) {
      return readFailure(error);
    }
  };
  return (items, signal) => {
    const nowMs = clock.now();
    return sendTimely(
      items,
      (timeUnixMs) => untimely(timeUnixMs, nowMs),
      (timely) => put(timely, signal),
    );
  };
}

/** Throws a bug. */
export const readFailure = (error: unknown): ExportResult => resultOfFailure(error, MEANINGS);

/** Positions in the events as they were sent; both ends are exclusive, the start is inclusive. */
interface RejectedEvents {
  tooOldLogEventEndIndex?: number | null;
  expiredLogEventEndIndex?: number | null;
  tooNewLogEventStartIndex?: number | null;
}

function readSuccess(items: readonly unknown[], body: string): ExportResult {
  let rejected: RejectedEvents | null | undefined;
  try {
    const answer = JSON.parse(body || '{}') as { rejectedLogEventsInfo?: RejectedEvents | null } | null;
    if (typeof answer !== 'object') throw new TypeError('no object');
    rejected = answer?.rejectedLogEventsInfo;
  } catch {
    return resultOfAws(new AwsError('unexpected', 'no JSON', { status: 200, body }), MISDIRECTED);
  }
  if (!rejected) return { status: 'delivered', refused: [] };
  const vendor = { status: 200, body: body.slice(0, MAX_SHOWN_BYTES) };
  const tooOldEnd = rejected.tooOldLogEventEndIndex ?? 0;
  const expiredEnd = rejected.expiredLogEventEndIndex ?? 0;
  const tooNewStart = rejected.tooNewLogEventStartIndex ?? items.length;
  const refused = items.flatMap((_, index): Refusal[] => {
    const reason =
      index < tooOldEnd ? TOO_OLD : index < expiredEnd ? EXPIRED : index >= tooNewStart ? TOO_NEW : undefined;
    return reason ? [{ index, retryable: false, reason, vendor }] : [];
  });
  return { status: 'delivered', refused };
}

const FIX = "Check the sender's clock; the dead letter holds the event.";
const TOO_OLD: Reason = {
  code: 'too_old',
  message: 'CloudWatch Logs takes no event older than 14 days',
  fix: FIX,
};
const EXPIRED: Reason = {
  code: 'too_old',
  message: "the event is older than the log group's retention",
  fix: 'Raise the retention of CLOUDWATCH_LOG_GROUP.',
};
const TOO_NEW: Reason = {
  code: 'too_new',
  message: 'CloudWatch Logs takes no event more than 2 hours ahead',
  fix: FIX,
};
