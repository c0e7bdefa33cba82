// Part of exporters/honeycomb: who the key belongs to, asked once an hour at most and only when somebody wants to know.
import type { HttpAnswer, HttpClient } from '../../http/client.ts';
import type { Clock } from '../../model/clock.ts';
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
/** As long as Refinery keeps it. */
const KEPT_MS = 3_600_000;
const RETRY_MS = 60_000;

/** Throws HttpError when there is no answer. */
export function askAuth(config: HoneycombConfig, http: HttpClient): Promise<HttpAnswer> {
  return http.request({
    method: 'GET',
    url: endpointFor(config, '/1/auth'),
    headers: { 'x-honeycomb-team': config.apiKey?.reveal() ?? '' },
    timeoutMs: TIMEOUT_MS,
  });
}

/** Undefined for an answer that is not Honeycomb's. */
export function readIdentity({ status, body }: HttpAnswer): Identity | undefined {
  if (status !== 200) return undefined;
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

export interface KnownIdentity {
  /** What is known by now. The first one who asks gets nothing, and those after the answer do. */
  known(): Identity | undefined;
  learn(identity: Identity): void;
}

export function createIdentity(config: HoneycombConfig, http: HttpClient, clock: Clock): KnownIdentity {
  let identity: Identity | undefined;
  let askAgainAtMs = Number.NEGATIVE_INFINITY;

  function learn(found: Identity): void {
    identity = found;
    askAgainAtMs = clock.now() + KEPT_MS;
  }

  async function ask(): Promise<void> {
    askAgainAtMs = clock.now() + RETRY_MS;
    try {
      const found = readIdentity(await askAuth(config, http));
      if (found) learn(found);
    } catch {
      // A link is missing for a while; delivery says what is wrong with the way there.
    }
  }

  return {
    known() {
      if (config.apiKey && clock.now() >= askAgainAtMs) void ask();
      return identity;
    },
    learn,
  };
}
