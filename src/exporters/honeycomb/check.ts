// Part of exporters/honeycomb: who the key belongs to, and whether it may send.
import type { CheckResult } from '../../delivery/exporter.ts';
import { type HttpClient, HttpError } from '../../http/client.ts';
import { unanswered } from '../../http/unanswered.ts';
import type { HoneycombConfig } from './config.ts';
import { askAuth, type Identity, readIdentity } from './identity.ts';
import { noDataset } from './keys.ts';

export async function* check(
  config: HoneycombConfig,
  http: HttpClient,
  onIdentity: (identity: Identity) => void,
): AsyncGenerator<CheckResult> {
  try {
    const answer = await askAuth(config, http);
    if (answer.status === 401) {
      const fix = config.apiKey?.remedy('an ingest key of this region') ?? '';
      yield {
        step: 'identity',
        status: 'failed',
        reason: { code: 'unauthorized', message: 'Honeycomb does not know the key', fix },
      };
      return;
    }
    const identity = readIdentity(answer);
    if (!identity) {
      yield { step: 'identity', status: 'skipped', detail: `/1/auth answered ${answer.status}` };
      return;
    }
    onIdentity(identity);
    const isClassic = identity.environmentSlug === '';
    const place = isClassic ? 'Classic' : `environment ${identity.environmentSlug}`;
    const kind = identity.keyType === '' ? '' : `, ${identity.keyType} key`;
    yield { step: 'identity', status: 'ok', detail: `team ${identity.teamSlug}, ${place}${kind}` };
    // An app may name one in x-honeycomb-dataset; nobody knows before it sends.
    if (isClassic && config.dataset === undefined)
      yield { step: 'dataset', status: 'failed', reason: noDataset };
    else if (identity.maySend)
      yield {
        step: 'permission',
        status: 'ok',
        detail: identity.mayCreateDatasets
          ? 'may send events and create datasets'
          : 'may send events, but not to a dataset that is not there yet',
      };
    else {
      const fix = 'Give the key the permission Send Events.';
      yield {
        step: 'permission',
        status: 'failed',
        reason: { code: 'forbidden', message: 'the key may not send events', fix },
      };
    }
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    yield { step: 'identity', status: 'failed', reason: unanswered(error).reason };
  }
}
