// Part of exporters/aws-xray: what users may set.
import type { AwsConfig } from '../../aws/config.ts';
import { choice, httpUrl, integer, list, text, type Values } from '../../config/option.ts';
import type { Reason } from '../../model/reasons.ts';

export const options = {
  use: {
    env: 'SIDECAST_XRAY',
    yaml: 'xray.use',
    schema: choice('auto', 'on', 'off'),
    fallback: 'auto',
    summary:
      'Whether traces go to AWS X-Ray: auto is on when AWS_REGION is set or ECS runs this; on also waits for a region from EC2 metadata or the AWS profile.',
  },
  endpoint: {
    env: 'AWS_ENDPOINT_URL_XRAY',
    schema: httpUrl(),
    summary: "Endpoint of X-Ray instead of the region's own. AWS_ENDPOINT_URL is ignored.",
    example: 'https://vpce-0123.xray.us-east-1.vpce.amazonaws.com',
  },
  verifyTls: {
    env: 'SIDECAST_XRAY_VERIFY_TLS',
    schema: choice('on', 'off'),
    fallback: 'on',
    summary: 'off sends to X-Ray without checking its certificate, for an endpoint that has one of its own.',
  },
  roleArn: {
    env: 'SIDECAST_XRAY_ROLE_ARN',
    schema: text(),
    summary: 'Role to assume for X-Ray, for instance of another account; the session is named xray-daemon.',
    example: 'arn:aws:iam::123456789012:role/traces',
  },
  concurrency: {
    env: 'SIDECAST_XRAY_CONCURRENCY',
    schema: integer(1, 64),
    fallback: '8',
    summary: 'Calls to X-Ray at once.',
  },
  annotations: {
    env: 'SIDECAST_XRAY_ANNOTATIONS',
    schema: list(),
    summary:
      'Span attributes that become X-Ray annotations first, and besides a field of their own; otel.resource.<key> names a resource attribute. Others fill up to 50.',
    example: 'user.id,http.route,otel.resource.deployment.environment',
  },
  resourceArn: {
    env: 'SIDECAST_XRAY_RESOURCE_ARN',
    schema: text(),
    summary: 'ARN of the AWS resource that sidecast runs on, told X-Ray with the counts of each minute.',
  },
  hostName: {
    env: 'AWS_HOSTNAME',
    schema: text(),
    summary: 'Host name told X-Ray with the counts of each minute.',
  },
  instanceId: {
    env: 'AWS_INSTANCE_ID',
    schema: text(),
    summary: 'EC2 instance id told X-Ray with the counts of each minute.',
  },
};

export type XRayConfig = Values<typeof options> & AwsConfig;

/** Why X-Ray is off; undefined when it is on. */
export function offReason(config: XRayConfig): Reason | undefined {
  if (config.use === 'off') return off('SIDECAST_XRAY is off', 'Set SIDECAST_XRAY=auto, and AWS_REGION.');
  if (config.use === 'on' || config.region || config.ecsMetadataUri) return undefined;
  return off(
    'no AWS region is set',
    'Set AWS_REGION, or SIDECAST_XRAY=on where EC2 metadata or the AWS profile has one.',
  );
}

const off = (message: string, fix: string): Reason => ({ code: 'not_configured', message, fix });
