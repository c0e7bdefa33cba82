// Part of aws: credentials of another role, from STS, renewed like any others.
import type { AwsCredentialIdentity } from '@smithy/types';
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../model/clock.ts';
import { createSigner } from './signature.ts';

/** As the X-Ray daemon names its sessions; policies and CloudTrail queries go by it. */
const SESSION_NAME = 'xray-daemon';
const TIMEOUT_MS = 5_000;

export interface RoleOptions {
  roleArn: string;
  region: string;
  endpoint: URL;
  /** Whose credentials ask. */
  credentials: () => Promise<AwsCredentialIdentity>;
  http: HttpClient;
  clock: Clock;
}

/** AssumeRole (AWS STS API Reference, 2011-06-15). */
export function roleCredentials(options: RoleOptions): () => Promise<AwsCredentialIdentity> {
  const { roleArn, region, endpoint, credentials, http, clock } = options;
  const sign = createSigner('sts', region, credentials);
  const query = {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: roleArn,
    RoleSessionName: SESSION_NAME,
  };
  const body = Buffer.from(new URLSearchParams(query).toString());
  const given = { 'content-type': 'application/x-www-form-urlencoded' };
  return async () => {
    const unsigned = { method: 'POST' as const, url: endpoint, headers: given, body };
    const { host: _, ...headers } = await sign(unsigned, new Date(clock.now()));
    const answer = await http.request({
      method: 'POST',
      url: endpoint,
      headers,
      body,
      timeoutMs: TIMEOUT_MS,
    });
    const xml = Buffer.from(answer.body).toString();
    const text = (element: string) =>
      new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1]?.trim() ?? '';
    const [accessKeyId, secretAccessKey, sessionToken] = [
      'AccessKeyId',
      'SecretAccessKey',
      'SessionToken',
    ].map(text);
    if (!accessKeyId || !secretAccessKey || !sessionToken) {
      const words = [answer.status, text('Code'), text('Message')].filter((word) => word !== '').join(' ');
      throw new Error(`the role ${roleArn} was not assumed (${words})`);
    }
    return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(text('Expiration')) };
  };
}
