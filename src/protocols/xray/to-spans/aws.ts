// Part of protocols/xray: the aws block of a call, every member of it under `aws.`, and what names the call in OTel.
import { asArray, asObject, asText } from '../json.ts';
import type { Segment } from '../segment.ts';
import { type AttributeMap, put, toAttribute } from './attributes.ts';

/** These describe where the segment ran: they become resource attributes (resource.ts). */
const OF_THE_RESOURCE: ReadonlySet<string> = new Set([
  'xray',
  'ecs',
  'ec2',
  'eks',
  'elastic_beanstalk',
  'cloudwatch_logs',
]);

export function putAws(attributes: AttributeMap, segment: Segment): void {
  const aws = asObject(segment.aws);
  for (const [key, value] of Object.entries(aws ?? {})) {
    if (!OF_THE_RESOURCE.has(key)) put(attributes, `aws.${key}`, toAttribute(value));
  }
  const tables = asArray(aws?.['table_names']).filter((name) => typeof name === 'string');
  if (tables.length > 0) {
    attributes.delete('aws.table_names');
    attributes.set('aws.dynamodb.table_names', tables);
  }
  // Node and Java write rule_name, the others sampling_rule_name.
  const xray = asObject(aws?.['xray']);
  put(
    attributes,
    'aws.xray.sampling_rule',
    asText(xray?.['sampling_rule_name']) ?? asText(xray?.['rule_name']),
  );
  if (segment.namespace !== 'aws') return;
  attributes.set('rpc.system', 'aws-api');
  put(attributes, 'rpc.service', asText(segment.name));
  put(attributes, 'rpc.method', asText(aws?.['operation']));
}
