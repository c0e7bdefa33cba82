// Part of exporters/rollbar: what users may set.
import { choice, httpUrl, integer, secret, text, type Values } from '../../config/option.ts';
import type { Reason } from '../../model/reasons.ts';

/** People paste an origin or the API's base; items go to `/api/1/item/`. */
function toItemUrl(url: URL): URL {
  const path = url.pathname.replace(/^\/$/, '/api/1/').replace(/\/api\/1\/?$/, '/api/1/item/');
  return new URL(path + url.search, url.origin);
}

export const options = {
  accessToken: {
    env: 'ROLLBAR_ACCESS_TOKEN',
    schema: secret(),
    secret: true,
    summary: 'Project access token with the scope post_server_item. Rollbar is on when it is set.',
  },
  environment: {
    env: 'ROLLBAR_ENVIRONMENT',
    schema: text(),
    summary: 'Environment of all items; else deployment.environment of the resource, else development.',
    example: 'production',
  },
  serverRoot: {
    env: 'ROLLBAR_SERVER_ROOT',
    schema: text(),
    summary:
      "Directory of the application's code, which Rollbar takes off file names; else process.working_directory of the resource.",
    example: '/app',
  },
  handledLevel: {
    env: 'ROLLBAR_HANDLED_LEVEL',
    schema: choice('critical', 'error', 'warning', 'info', 'debug'),
    fallback: 'warning',
    summary: 'Level of exceptions that were recorded on a span which did not fail; all others are error.',
  },
  errorLogs: {
    env: 'ROLLBAR_ERROR_LOGS',
    schema: choice('on', 'off'),
    fallback: 'off',
    summary: 'Whether log records of severity ERROR and above are sent also when they carry no exception.',
  },
  maxPerMinute: {
    env: 'ROLLBAR_MAX_PER_MINUTE',
    schema: integer(0, 100_000),
    fallback: '60',
    summary:
      'Items of one and the same error in a minute. Beyond it one in 100 is sent, with the number of those that were not as custom.suppressed_count; they count as skipped (suppressed). 0: all are sent.',
  },
  endpoint: {
    env: 'ROLLBAR_ENDPOINT',
    schema: httpUrl().transform(toItemUrl),
    fallback: 'https://api.rollbar.com/api/1/item/',
    summary: 'URL that items are posted to; a value that ends in /api/1 or is a bare origin is completed.',
    example: 'https://api.rollbar.com/api/1/item/',
  },
};

export type RollbarConfig = Values<typeof options>;

/** Why Rollbar is off; undefined when it is on. */
export function offReason(config: RollbarConfig): Reason | undefined {
  if (config.accessToken) return undefined;
  const fix = 'Set ROLLBAR_ACCESS_TOKEN to a token with the scope post_server_item.';
  return { code: 'not_configured', message: 'no Rollbar token is set', fix };
}
