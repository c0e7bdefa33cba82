// Part of aws: where a service is and whose credentials it is called with, for people who ask why it refuses them.
import type { AwsCredentialIdentity } from '@smithy/types';
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../model/clock.ts';
import { askSts, stsBeside } from './sts.ts';

export interface Place {
  endpoint(): Promise<URL>;
  identity(): Promise<AwsCredentialIdentity>;
}

export interface Caller {
  /** For people: which link of the SDK's chain won. */
  source: string;
  /** Undefined where STS does not say. */
  account: string | undefined;
}

export interface CallerOptions {
  place: Place;
  region: string;
  /** As the user set it; else beside the service's own. */
  stsEndpoint: URL | undefined;
  http: HttpClient;
  clock: Clock;
}

const TIMEOUT_MS = 3_000;

/** GetCallerIdentity needs no permission (AWS STS API Reference, 2011-06-15). Where it cannot be asked, that is no failure. */
export async function findCaller(options: CallerOptions): Promise<Caller> {
  const identity = await options.place.identity();
  return { source: sourceOf(identity), account: await askAccount(options).catch(() => undefined) };
}

async function askAccount({ place, region, stsEndpoint, http, clock }: CallerOptions) {
  const endpoint = stsEndpoint ?? stsBeside(await place.endpoint());
  const options = { endpoint, region, credentials: place.identity, http, clock };
  const { text } = await askSts({ Action: 'GetCallerIdentity' }, options, TIMEOUT_MS);
  return /^\d+$/.exec(text('Account'))?.[0];
}

/** The SDK notes where an identity comes from, for its user agent. The first that fits. */
const SOURCES: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/SSO|LOGIN/, 'AWS login'],
  [/WEB_ID_TOKEN$/, 'web identity token'],
  [/^CREDENTIALS_PROFILE/, 'shared file'],
  [/^CREDENTIALS_ENV_VARS$/, 'variables'],
  [/^CREDENTIALS_HTTP$/, 'container role'],
  [/^CREDENTIALS_IMDS$/, 'EC2 instance role'],
];

function sourceOf(identity: AwsCredentialIdentity & { $source?: object }): string {
  const noted = Object.keys(identity.$source ?? {});
  return SOURCES.find(([pattern]) => noted.some((one) => pattern.test(one)))?.[1] ?? 'assumed role';
}
