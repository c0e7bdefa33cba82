// Part of the sandbox: the fake keys it knows, and the variables that point sidecast at it.

export interface AwsCredential {
  accessKeyId: string;
  secretAccessKey: string;
  /** When set, requests must carry it as X-Amz-Security-Token. */
  sessionToken?: string;
  /** Was good once: its requests are refused as expired. */
  isExpired?: true;
}

/** Shaped as an ingest key of Honeycomb (API keys page): 64 characters, `hc?ik_` and the secret. Opens nothing. */
export const SANDBOX_HONEYCOMB_KEY = `hcaik_${'sandbox0'.repeat(7)}00`;
/** Shaped as a project access token of Rollbar: 32 hex digits. Opens nothing. */
export const SANDBOX_ROLLBAR_TOKEN = '5a0db0c55a0db0c55a0db0c55a0db0c5';
/** A key pair that AWS never issued. */
export const SANDBOX_AWS_CREDENTIAL: AwsCredential = {
  accessKeyId: 'AKIASANDBOX000000000',
  secretAccessKey: 'sandbox/secret/access/key/that/opens/nothing',
};
export const SANDBOX_REGION = 'us-east-1';
export const SANDBOX_LOG_GROUP = 'sidecast-sandbox';

/** The environment under which sidecast delivers to the sandbox at `url`. */
export function sandboxSettings(url: string): Record<string, string> {
  const base = url.replace(/\/+$/, '');
  return {
    HONEYCOMB_API_KEY: SANDBOX_HONEYCOMB_KEY,
    HONEYCOMB_API_ENDPOINT: base,
    AWS_REGION: SANDBOX_REGION,
    AWS_ACCESS_KEY_ID: SANDBOX_AWS_CREDENTIAL.accessKeyId,
    AWS_SECRET_ACCESS_KEY: SANDBOX_AWS_CREDENTIAL.secretAccessKey,
    AWS_ENDPOINT_URL_XRAY: base,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: base,
    CLOUDWATCH_LOG_GROUP: SANDBOX_LOG_GROUP,
    ROLLBAR_ACCESS_TOKEN: SANDBOX_ROLLBAR_TOKEN,
    ROLLBAR_ENDPOINT: `${base}/api/1/item/`,
    // Generated traffic repeats the same few errors, and audits ask for each.
    ROLLBAR_MAX_PER_MINUTE: '0',
  };
}
