// Part of exporters/honeycomb: what users may set.
import { choice, durationMs, httpUrl, secret, text, type Values } from '../../config/option.ts';
import type { Reason } from '../../model/reasons.ts';

export const options = {
  apiKey: {
    env: 'HONEYCOMB_API_KEY',
    schema: secret(),
    secret: true,
    summary:
      'Key that may send events (an ingest key is enough). Honeycomb is on when it is set, or an app sends x-honeycomb-team.',
  },
  dataset: {
    env: 'HONEYCOMB_DATASET',
    schema: text(),
    summary: 'Dataset for metrics, and for everything that a Classic key sends.',
  },
  endpoint: {
    env: 'HONEYCOMB_API_ENDPOINT',
    schema: httpUrl(),
    fallback: 'https://api.honeycomb.io',
    summary: 'Base URL; /v1/<signal> and /1/auth are appended. EU: https://api.eu1.honeycomb.io',
    example: 'https://api.eu1.honeycomb.io',
  },
  compression: {
    env: 'HONEYCOMB_COMPRESSION',
    schema: choice('auto', 'zstd', 'gzip', 'none'),
    fallback: 'auto',
    summary: 'auto is zstd where Node has it (22.15 and later), else gzip level 1.',
  },
  unfinishedAfterMs: {
    env: 'HONEYCOMB_UNFINISHED_AFTER',
    schema: durationMs(),
    fallback: '5m',
    summary:
      'How long an X-Ray segment in progress waits for its end; then it is sent with aws.xray.in_progress.',
  },
};

export type HoneycombConfig = Values<typeof options>;

/** Why Honeycomb is off; undefined when it is on. */
export function offReason(config: HoneycombConfig): Reason | undefined {
  if (config.apiKey) return undefined;
  return {
    code: 'not_configured',
    message: 'no Honeycomb key is set, and no app has sent one',
    fix: 'Set HONEYCOMB_API_KEY to an ingest key.',
  };
}

/** `/v1/traces` and the like at the end are what people paste from their SDK's settings. */
export function endpointFor(config: HoneycombConfig, path: string): URL {
  const base = config.endpoint.pathname.replace(/\/v1\/(traces|logs|metrics)\/?$/, '').replace(/\/$/, '');
  return new URL(`${base}${path}`, config.endpoint.origin);
}
