// Part of exporters/rollbar: whether the token may send.
import type { CheckResult } from '../../delivery/exporter.ts';
import type { RollbarConfig } from './config.ts';
import { post, type TransportContext } from './transport.ts';

/** A token that may send can read nothing, so nothing tells whose it is. */
const EMPTY = Buffer.from('{}');

/** An item without contents: Rollbar looks at the token before it finds that there is nothing to keep. */
export async function* check(config: RollbarConfig, context: TransportContext): AsyncGenerator<CheckResult> {
  const step = 'permission';
  const result = await post(config, context, EMPTY);
  if (result.status === 'retryable' || result.status === 'blocked')
    yield { step, status: 'failed', reason: result.reason };
  else yield { step, status: 'ok', detail: 'may send items' };
}
