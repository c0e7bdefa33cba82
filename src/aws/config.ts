// Part of aws: the options that both AWS destinations share.
import { choice, httpUrl, text, type Values } from '../config/option.ts';

export const options = {
  region: {
    env: 'AWS_REGION',
    aliases: ['AWS_DEFAULT_REGION'],
    schema: text(),
    summary:
      'AWS region of X-Ray and CloudWatch Logs. Without one, ECS and EC2 metadata and the profile are asked.',
    example: 'us-east-1',
  },
  metadata: {
    env: 'SIDECAST_AWS_METADATA',
    schema: choice('on', 'off'),
    fallback: 'on',
    summary:
      'Whether ECS and EC2 metadata may be asked for the region; credentials are found there all the same.',
  },
  ecsMetadataUri: {
    env: 'ECS_CONTAINER_METADATA_URI_V4',
    schema: text(),
    summary: 'Set by ECS: its metadata, which has the region. Where it is set, X-Ray is on.',
  },
  stsEndpoint: {
    env: 'AWS_ENDPOINT_URL_STS',
    schema: httpUrl(),
    summary: "Endpoint of STS instead of the region's own, for SIDECAST_XRAY_ROLE_ARN.",
    example: 'https://vpce-0123.sts.us-east-1.vpce.amazonaws.com',
  },
};

/** What the exporters need of them. */
export type AwsConfig = Pick<AllValues, 'region'> & Partial<Pick<AllValues, 'ecsMetadataUri'>>;
type AllValues = Values<typeof options>;
