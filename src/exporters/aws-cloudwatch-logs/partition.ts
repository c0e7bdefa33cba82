// Part of exporters/aws-cloudwatch-logs: which group and stream an event goes to.
import type { Attributes, Resource } from '../../model/otlp.ts';
import { fillerOf } from './stream-template.ts';

const SEPARATOR = '\u0000';
/** CreateLogStream: 1 to 512 characters, no colon, no asterisk. */
const MAX_STREAM_CHARS = 512;
const FORBIDDEN = /[:*]/g;

export interface EventSource {
  resource: Resource;
  timeUnixMs: number;
  /** The log record that the event is; an access line or an error event has none. */
  log?: { logger: string; attributes: Attributes };
}

export type PartitionOf = (source: EventSource) => string;

/** `requestsGroup` is for what is made of spans and X-Ray segments. */
export function partitions(group: string, template: string, requestsGroup = group): PartitionOf {
  const fill = fillerOf(template);
  return (source) => {
    const stream = fill(source).replace(FORBIDDEN, '_').slice(0, MAX_STREAM_CHARS) || 'unknown';
    return (source.log ? group : requestsGroup) + SEPARATOR + stream;
  };
}

export function placeOf(partition: string): { group: string; stream: string } {
  const [group = '', stream = ''] = partition.split(SEPARATOR);
  return { group, stream };
}
