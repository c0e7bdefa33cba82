// Part of exporters/aws-xray: what users may set.
import type { AwsConfig } from '../../aws/config.ts';
import { choice, httpUrl, type Values } from '../../config/option.ts';
import type { Reason } from '../../model/reasons.ts';

export const options = {
  use: {
    env: 'SIDECAST_XRAY',
    yaml: 'xray.use',
    schema: choice('auto', 'on', 'off'),
    fallback: 'auto',
    summary:
      'Whether traces go to AWS X-Ray: auto is on when AWS_REGION is set; on also takes the region of the AWS profile.',
  },
  endpoint: {
    env: 'AWS_ENDPOINT_URL_XRAY',
    schema: httpUrl(),
    summary: "Endpoint of X-Ray instead of the region's own. AWS_ENDPOINT_URL is ignored.",
    example: 'https://vpce-0123.xray.us-east-1.vpce.amazonaws.com',
  },
};

export type XRayConfig = Values<typeof options> & AwsConfig;

/** Why X-Ray is off; undefined when it is on. */
export function offReason(config: XRayConfig): Reason | undefined {
  if (config.use === 'off') return off('SIDECAST_XRAY is off', 'Set SIDECAST_XRAY=auto, and AWS_REGION.');
  if (config.use === 'on' || config.region) return undefined;
  return off('no AWS region is set', 'Set AWS_REGION.');
}

const off = (message: string, fix: string): Reason => ({ code: 'not_configured', message, fix });
