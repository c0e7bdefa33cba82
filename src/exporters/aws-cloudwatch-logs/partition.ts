// Part of exporters/aws-cloudwatch-logs: which group and stream an event goes to.
import type { Resource } from '../../model/otlp.ts';

const SEPARATOR = '\u0000';
/** CreateLogStream: 1 to 512 characters, no colon, no asterisk. */
const MAX_STREAM_CHARS = 512;
const FORBIDDEN = /[:*]/g;

export type PartitionOf = (resource: Resource) => string;

/** Fills the template's `{attribute}` from the resource, as watchtower fills its own. */
export function partitions(group: string, template: string): PartitionOf {
  return ({ attributes }) => {
    const filled = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
      const value = attributes.get(name);
      if (value !== undefined && value !== null && value !== '') return String(value);
      return name === 'service.name' ? 'unknown_service' : 'unknown';
    });
    return group + SEPARATOR + filled.replace(FORBIDDEN, '_').slice(0, MAX_STREAM_CHARS);
  };
}

export function placeOf(partition: string): { group: string; stream: string } {
  const [group = '', stream = ''] = partition.split(SEPARATOR);
  return { group, stream };
}
