// Part of exporters/aws-cloudwatch-logs: makes log groups and streams when they turn out to be missing.
import { AwsError } from '../../aws/errors.ts';
import type { Logs } from '../../aws/logs.ts';
import type { CloudWatchLogsConfig } from './config.ts';
import { placeOf } from './partition.ts';

/** What a group that sidecast creates is to be like. */
export type NewGroup = Pick<CloudWatchLogsConfig, 'retentionDays' | 'logClass'>;

export interface Streams {
  /** Resolves when the partition's group and stream are there. Fails with AwsError or HttpError. */
  create(partition: string): Promise<void>;
}

/**
 * The stream first: where the group is there, that needs one call and one permission. CreateLogGroup is limited to 5 calls a second,
 * so batches that miss the same group or stream wait for one creation.
 */
export function createStreams(logs: Logs, { retentionDays, logClass }: NewGroup): Streams {
  const underWay = new Map<string, Promise<void>>();
  const once = (key: string, create: () => Promise<void>): Promise<void> => {
    const known = underWay.get(key);
    if (known) return known;
    const started = create().finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  };

  const createGroup = async (group: string) => {
    const isNew = await tolerating('exists', logs.createLogGroup(group, logClass));
    // A group that was there keeps the retention that its owner gave it. Without retention, logging goes on.
    if (isNew && retentionDays !== undefined)
      await logs.putRetentionPolicy(group, retentionDays).catch(() => undefined);
  };

  return {
    create: (partition) =>
      once(partition, async () => {
        const { group, stream } = placeOf(partition);
        const createStream = () => tolerating('exists', logs.createLogStream(group, stream));
        try {
          await createStream();
        } catch (error) {
          if (!(error instanceof AwsError && error.kind === 'not_found')) throw error;
          await once(group, () => createGroup(group));
          await createStream();
        }
      }),
  };
}

/** False when it failed in the tolerated way. */
async function tolerating(kind: AwsError['kind'], call: Promise<void>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof AwsError && error.kind === kind) return false;
    throw error;
  }
}
