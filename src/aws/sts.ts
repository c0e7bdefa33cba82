// Part of aws: one signed call of STS, in its query protocol.
import type { AwsCredentialIdentity } from '@smithy/types';
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../model/clock.ts';
import { createSigner } from './signature.ts';

export interface StsOptions {
  endpoint: URL;
  region: string;
  /** Whose credentials ask. */
  credentials: () => Promise<AwsCredentialIdentity>;
  http: HttpClient;
  clock: Clock;
}

export interface StsAnswer {
  status: number;
  /** What the first element of that name holds; '' where there is none. */
  text(element: string): string;
}

/** AWS STS API Reference, 2011-06-15. */
export async function askSts(
  query: Readonly<Record<string, string>>,
  { endpoint, region, credentials, http, clock }: StsOptions,
  timeoutMs: number,
): Promise<StsAnswer> {
  const body = Buffer.from(new URLSearchParams({ ...query, Version: '2011-06-15' }).toString());
  const post = { method: 'POST' as const, url: endpoint, body };
  const given = { 'content-type': 'application/x-www-form-urlencoded' };
  const sign = createSigner('sts', region, credentials);
  const { host: _, ...headers } = await sign({ ...post, headers: given }, new Date(clock.now()));
  const answer = await http.request({ ...post, headers, timeoutMs });
  const xml = Buffer.from(answer.body).toString();
  return {
    status: answer.status,
    text: (element) => new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]?.trim() ?? '',
  };
}

/** A partition's services differ in the first label only: xray.us-east-1.amazonaws.com, sts.us-east-1.amazonaws.com. */
export function stsBeside(endpoint: URL): URL {
  return new URL(endpoint.href.replace(/\/\/(?:xray|logs)(?=(?:-fips)?\.)/, '//sts'));
}
