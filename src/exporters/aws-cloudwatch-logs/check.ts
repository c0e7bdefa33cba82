// Part of exporters/aws-cloudwatch-logs: whose credentials these are, and whether they may write.
import type { Logs } from '../../aws/logs.ts';
import type { CheckResult } from '../../delivery/exporter.ts';
import type { Resource } from '../../model/otlp.ts';
import type { PartitionOf } from './partition.ts';
import { bodyOf, readFailure } from './transport.ts';

const resource: Resource = { attributes: new Map() };
const OF_A_SPAN = { resource, timeUnixMs: 0 };
const OF_A_LOG = { ...OF_A_SPAN, log: { logger: '', attributes: new Map() } };

/** Calls with no events: they write nothing, and need nothing that sending does not. */
export async function* check(logs: Logs, partitionOf: PartitionOf): AsyncGenerator<CheckResult> {
  let step = 'identity';
  try {
    const accessKeyId = await logs.accessKeyId();
    yield {
      step,
      status: 'ok',
      detail: `access key …${accessKeyId.slice(-4)}, region ${await logs.region()}`,
    };
    step = 'permission';
    for (const partition of new Set([partitionOf(OF_A_LOG), partitionOf(OF_A_SPAN)]))
      await askToWrite(logs, partition);
  } catch (error) {
    const result = readFailure(error);
    if (result.status !== 'delivered') yield { step, status: 'failed', reason: result.reason };
    return;
  }
  yield { step, status: 'ok', detail: 'may write events' };
}

/** An empty list is refused, or the stream is missed, only where the permission is there. */
async function askToWrite(logs: Logs, partition: string): Promise<void> {
  try {
    await logs.putLogEvents(bodyOf(partition, []));
  } catch (error) {
    const { status } = readFailure(error);
    if (status !== 'rejected' && (error as { kind?: string }).kind !== 'not_found') throw error;
  }
}
