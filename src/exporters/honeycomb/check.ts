// Part of exporters/honeycomb: who the key belongs to, and whether it may send.
import type { CheckResult } from '../../delivery/exporter.ts';
import { type HttpClient, HttpError } from '../../http/client.ts';
import { unanswered } from '../../http/unanswered.ts';
import { endpointFor, type HoneycombConfig } from './config.ts';
import { noDataset } from './keys.ts';

/** What `GET /1/auth` says; Classic environments have an empty name. */
export interface Identity {
  teamSlug: string;
  environmentSlug: string;
  maySend: boolean;
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
    const place = identity.environmentSlug === '' ? 'Classic' : `environment ${identity.environmentSlug}`;
    yield { step: 'identity', status: 'ok', detail: `team ${identity.teamSlug}, ${place}` };
    // An app may name one in x-honeycomb-dataset; nobody knows before it sends.
    if (identity.environmentSlug === '' && config.dataset === undefined)
      yield { step: 'dataset', status: 'failed', reason: noDataset };
    if (identity.maySend) yield { step: 'permission', status: 'ok', detail: 'may send events' };
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

function readIdentity(body: Uint8Array): Identity | undefined {
  try {
    const json = JSON.parse(Buffer.from(body).toString('utf8')) as {
      team?: { slug?: string };
      environment?: { slug?: string };
      api_key_access?: { events?: boolean };
    };
    return {
      teamSlug: json.team?.slug ?? '',
      environmentSlug: json.environment?.slug ?? '',
      maySend: json.api_key_access?.events !== false,
    };
  } catch {
    return undefined;
  }
}
