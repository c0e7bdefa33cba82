// Part of exporters/aws-xray: whose credentials these are, and whether they may send.
import type { XRay } from '../../aws/xray.ts';
import type { CheckResult } from '../../delivery/exporter.ts';
import { bodyOf } from './encoder.ts';
import { readFailure } from './transport.ts';

/** A call with no document: X-Ray looks at the permission before it looks at the list. Needs nothing that sending does not. */
export async function* check(xray: XRay): AsyncGenerator<CheckResult> {
  let step = 'identity';
  try {
    const accessKeyId = await xray.accessKeyId();
    yield {
      step,
      status: 'ok',
      detail: `access key …${accessKeyId.slice(-4)}, region ${await xray.region()}`,
    };
    step = 'permission';
    await xray.putTraceSegments(bodyOf([]));
  } catch (error) {
    const result = readFailure(error);
    if (result.status === 'delivered') return;
    // An empty list is refused only where the permission is there.
    if (result.status !== 'rejected') {
      yield { step, status: 'failed', reason: result.reason };
      return;
    }
  }
  yield { step, status: 'ok', detail: 'may send segments' };
}
