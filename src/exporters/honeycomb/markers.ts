// Part of exporters/honeycomb: a marker: a line in every graph, such as where a release went out (API documentation, "Markers").
import { type HttpClient, HttpError } from '../../http/client.ts';
import { unanswered } from '../../http/unanswered.ts';
import type { Reason } from '../../model/reasons.ts';
import { endpointFor, type HoneycombConfig, offReason } from './config.ts';
import { isClassic } from './keys.ts';
import { slugOf } from './links.ts';

export interface Marker {
  message: string;
  /** Markers of one type have one colour. */
  type: string;
  url: string | undefined;
  /** Undefined for all datasets of the environment. */
  dataset: string | undefined;
}

const TIMEOUT_MS = 10_000;
const WHOLE_ENVIRONMENT = '__all__';

/** Undefined when the marker is set. */
export async function setMarker(
  config: HoneycombConfig,
  http: HttpClient,
  { dataset, ...marker }: Marker,
): Promise<Reason | undefined> {
  const key = config.apiKey?.reveal();
  if (key === undefined) return offReason(config);
  // Classic has no environment; there HONEYCOMB_DATASET is where everything is.
  const named = dataset ?? (isClassic(key) ? config.dataset : undefined);
  const place = named === undefined ? WHOLE_ENVIRONMENT : slugOf(named);
  try {
    const answer = await http.request({
      method: 'POST',
      url: endpointFor(config, `/1/markers/${place}`),
      headers: { 'x-honeycomb-team': key, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify(marker)),
      timeoutMs: TIMEOUT_MS,
    });
    return answer.status === 200 || answer.status === 201 ? undefined : refusalOf(answer.status, place);
  } catch (error) {
    if (error instanceof HttpError) return { ...unanswered(error).reason, fix: 'Type it again.' };
    throw error;
  }
}

function refusalOf(status: number, place: string): Reason {
  if (status === 401 || status === 403) {
    return {
      code: 'forbidden',
      message: `Honeycomb answers ${status}: the key may not manage markers`,
      fix: 'Give a configuration key with the permission Manage Markers, by --honeycomb-api-key or HONEYCOMB_API_KEY: an ingest key has not got it.',
    };
  }
  if (status === 404) {
    return {
      code: 'vendor_rejected',
      message: `Honeycomb answers 404: it has no dataset ${place}`,
      fix: 'Name one that has data, with --dataset.',
    };
  }
  return { code: 'vendor_unavailable', message: `Honeycomb answers ${status}`, fix: 'Type it again.' };
}
