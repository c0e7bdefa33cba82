// Part of protocols/xray: the aws block of a call to an AWS service.
import { peekText, type Reader, takeNumber, takeText } from './reader.ts';

/** True when the span is a call that an AWS SDK made: its document gets `namespace: aws`. */
export function isAwsCall(reader: Reader): boolean {
  return (
    peekText(reader, 'rpc.system', 'rpc.system.name') === 'aws-api' ||
    peekText(reader, 'aws.service') !== undefined ||
    peekText(reader, 'aws.xray.namespace') === 'aws'
  );
}

export function awsCallBlock(reader: Reader): Readonly<Record<string, unknown>> | undefined {
  const block = {
    operation: takeText(reader, 'aws.operation', 'rpc.method'),
    account_id: takeText(reader, 'aws.account_id'),
    region: takeText(reader, 'aws.region', 'cloud.region'),
    request_id: takeText(reader, 'aws.request_id', 'aws.requestId'),
    id_2: takeText(reader, 'aws.extended_request_id', 'aws.id_2'),
    queue_url:
      takeText(reader, 'aws.sqs.queue.url', 'aws.queue_url') ??
      takeText(reader, 'aws.queue.url', 'messaging.url'),
    table_name: takeText(reader, 'aws.table_name', 'aws.table.name'),
    table_names: undefined as readonly string[] | undefined,
    retries: takeNumber(reader, 'aws.retries'),
  };
  const tables = reader.attributes.get('aws.dynamodb.table_names');
  if (Array.isArray(tables)) {
    const names = tables.filter((name) => typeof name === 'string');
    if (names.length === 1) block.table_name ??= names[0];
    else block.table_names = names;
    reader.used.add('aws.dynamodb.table_names');
  }
  return Object.values(block).some((value) => value !== undefined) ? block : undefined;
}
