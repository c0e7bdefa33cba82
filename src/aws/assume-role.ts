// Part of aws: credentials of another role, from STS, renewed like any others.
import type { AwsCredentialIdentity } from '@smithy/types';
import { askSts, type StsOptions } from './sts.ts';

/** As the X-Ray daemon names its sessions; policies and CloudTrail queries go by it. */
const SESSION_NAME = 'xray-daemon';
const TIMEOUT_MS = 5_000;

export function roleCredentials(roleArn: string, options: StsOptions): () => Promise<AwsCredentialIdentity> {
  const query = { Action: 'AssumeRole', RoleArn: roleArn, RoleSessionName: SESSION_NAME };
  return async () => {
    const { status, text } = await askSts(query, options, TIMEOUT_MS);
    const [accessKeyId, secretAccessKey, sessionToken] = [
      'AccessKeyId',
      'SecretAccessKey',
      'SessionToken',
    ].map(text);
    if (!accessKeyId || !secretAccessKey || !sessionToken) {
      const words = [status, text('Code'), text('Message')].filter((word) => word !== '').join(' ');
      throw new Error(`the role ${roleArn} was not assumed (${words})`);
    }
    return { accessKeyId, secretAccessKey, sessionToken, expiration: new Date(text('Expiration')) };
  };
}
