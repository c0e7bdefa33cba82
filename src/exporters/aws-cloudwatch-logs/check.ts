// Part of exporters/aws-cloudwatch-logs: whose credentials these are, and whether they may write.
import type { Logs } from '../../aws/logs.ts';
import type { CheckResult } from '../../delivery/exporter.ts';
import type { PartitionOf } from './partition.ts';
import { bodyOf, readFailure } from './transport.ts';

/** A call with no events: it writes nothing, and needs nothing that sending does not. */
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
    await logs.putLogEvents(bodyOf(partitionOf({ attributes: new Map() }), []));
  } catch (error) {
    const result = readFailure(error);
    if (result.status === 'delivered') return;
    // An empty list is refused, or the stream is missed, only where the permission is there.
    const isPermitted = result.status === 'rejected' || (error as { kind?: string }).kind === 'not_found';
    if (!isPermitted) {
      yield { step, status: 'failed', reason: result.reason };
      return;
    }
  }
  yield { step, status: 'ok', detail: 'may write events' };
}
