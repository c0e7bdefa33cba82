// Part of aws: the options that both AWS destinations share.
import { text, type Values } from '../config/option.ts';

export const options = {
  region: {
    env: 'AWS_REGION',
    aliases: ['AWS_DEFAULT_REGION'],
    schema: text(),
    summary: 'AWS region of X-Ray and CloudWatch Logs.',
    example: 'us-east-1',
  },
};

export type AwsConfig = Values<typeof options>;
