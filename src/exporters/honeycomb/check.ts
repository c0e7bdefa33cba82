// Part of exporters/honeycomb: who the key belongs to, and whether it may send.
import type { CheckResult } from '../../delivery/exporter.ts';
import { type HttpClient, HttpError } from '../../http/client.ts';
import { unanswered } from '../../http/unanswered.ts';
import type { Reason } from '../../model/reasons.ts';
import { endpointFor, type HoneycombConfig } from './config.ts';

/** What `GET /1/auth` says; Classic environments have an empty name. */
export interface Identity {
  teamSlug: string;
  environmentSlug: string;
  /** `ingest` or `configuration`; '' where Honeycomb does not say. */
  keyType: string;
  maySend: boolean;
  mayCreateDatasets: boolean;
}

const TIMEOUT_MS = 5000;

export async function* check(
  config: HoneycombConfig,
  http: HttpClient,
  onIdentity: (identity: Identity) => void,
): AsyncGenerator<CheckResult> {
  try {
    const answer = await http.request({
      method: 'GET',
      url: endpointFor(config, '/1/auth'),
      headers: { 'x-honeycomb-team': config.apiKey?.reveal() ?? '' },
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status === 401) {
      const fix = config.apiKey?.remedy('an ingest key of this region') ?? '';
      yield {
        step: 'identity',
        status: 'failed',
        reason: { code: 'unauthorized', message: 'Honeycomb does not know the key', fix },
      };
      return;
    }
    const identity = answer.status === 200 ? readIdentity(answer.body) : undefined;
    if (!identity) {
      yield { step: 'identity', status: 'skipped', detail: `/1/auth answered ${answer.status}` };
      return;
    }
    onIdentity(identity);
    const isClassic = identity.environmentSlug === '';
    const place = isClassic ? 'Classic' : `environment ${identity.environmentSlug}`;
    const kind = identity.keyType === '' ? '' : `, ${identity.keyType} key`;
    yield { step: 'identity', status: 'ok', detail: `team ${identity.teamSlug}, ${place}${kind}` };
    if (isClassic && !config.dataset) yield { step: 'dataset', status: 'failed', reason: NO_DATASET };
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

const NO_DATASET: Reason = {
  code: 'unauthorized',
  message: 'the key is a Classic one, and with those Honeycomb takes no traces without a dataset',
  fix: 'Set HONEYCOMB_DATASET, or use a key of an environment.',
};

function readIdentity(body: Uint8Array): Identity | undefined {
  try {
    const json = JSON.parse(Buffer.from(body).toString('utf8')) as {
      team?: { slug?: string };
      environment?: { slug?: string };
      type?: string;
      api_key_access?: { events?: boolean; createDatasets?: boolean };
    };
    return {
      teamSlug: json.team?.slug ?? '',
      environmentSlug: json.environment?.slug ?? '',
      keyType: json.type ?? '',
      maySend: json.api_key_access?.events !== false,
      mayCreateDatasets: json.api_key_access?.createDatasets !== false,
    };
  } catch {
    return undefined;
  }
}
