// Part of aws: where a service is and whose credentials it is called with, for people who ask why it refuses them.
import type { AwsCredentialIdentity } from '@smithy/types';
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../model/clock.ts';
import { createSigner } from './signature.ts';

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
  const url = stsEndpoint ?? stsBeside(await place.endpoint());
  const body = Buffer.from('Action=GetCallerIdentity&Version=2011-06-15');
  const given = { 'content-type': 'application/x-www-form-urlencoded' };
  const sign = createSigner('sts', region, place.identity);
  const unsigned = { method: 'POST' as const, url, headers: given, body };
  const { host: _, ...headers } = await sign(unsigned, new Date(clock.now()));
  const answer = await http.request({ method: 'POST', url, headers, body, timeoutMs: TIMEOUT_MS });
  return /<Account>(\d+)<\/Account>/.exec(Buffer.from(answer.body).toString())?.[1];
}

/** A partition's services differ in the first label only. */
function stsBeside(endpoint: URL): URL {
  return new URL(endpoint.href.replace(/\/\/(xray|logs)\./, '//sts.'));
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
