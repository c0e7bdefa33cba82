// Part of aws: what to do about credentials that AWS refuses, by where the SDK's chain found them.
import type { AwsCredentialIdentity } from '@smithy/types';

/** The SDK notes where an identity comes from, for its user agent. The first that fits. */
const REMEDIES: readonly (readonly [source: RegExp, remedy: string])[] = [
  [
    /^CREDENTIALS_PROFILE/,
    'Renew the profile (AWS_PROFILE, AWS_SHARED_CREDENTIALS_FILE, AWS_CONFIG_FILE): its files are read again.',
  ],
  [/WEB_ID_TOKEN$/, 'Check AWS_ROLE_ARN and AWS_WEB_IDENTITY_TOKEN_FILE; the token is read again.'],
  [
    /^CREDENTIALS_ENV_VARS$/,
    'Renew AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, and start sidecast again.',
  ],
  [/SSO|LOGIN/, 'Log in again (aws sso login).'],
];
const OF_A_ROLE = 'Check the role of the task, pod or instance: its credentials are fetched again.';

export function remedyFor(identity: AwsCredentialIdentity & { $source?: object }): string {
  const sources = Object.keys(identity.$source ?? {});
  return REMEDIES.find(([pattern]) => sources.some((source) => pattern.test(source)))?.[1] ?? OF_A_ROLE;
}
