// Part of protocols/xray: the attributes of one segment or subsegment. What the document says of itself wins over annotations.
import type { AttributeValue } from '../../../model/otlp.ts';
import { asArray, asObject, asText } from '../json.ts';
import { isIndependentSubsegment, type Segment } from '../segment.ts';
import { putAws } from './aws.ts';
import { putHttp } from './http.ts';
import { putSql } from './sql.ts';

export type AttributeMap = Map<string, AttributeValue>;

export function spanAttributes(segment: Segment): AttributeMap {
  const attributes: AttributeMap = new Map();
  putAnnotations(attributes, segment.annotations);
  putMetadata(attributes, segment.metadata);
  if (segment.http !== undefined) putHttp(attributes, segment.http);
  if (segment.aws !== undefined || segment.namespace === 'aws') putAws(attributes, segment);
  if (segment.sql !== undefined) putSql(attributes, segment.sql);
  for (const flag of ['fault', 'error', 'throttle'] as const) {
    if (segment[flag] === true) attributes.set(`aws.xray.${flag}`, true);
  }
  put(attributes, 'user.id', asText(segment.user));
  put(attributes, 'aws.xray.namespace', asText(segment.namespace));
  if (typeof segment.traced === 'boolean') attributes.set('aws.xray.traced', segment.traced);
  const precursors = asArray(segment.precursor_ids).filter((id) => typeof id === 'string');
  if (precursors.length > 0) attributes.set('aws.xray.precursor_ids', precursors);
  if (isIndependentSubsegment(segment)) attributes.set('aws.xray.type', 'subsegment');
  return attributes;
}

export function put(attributes: AttributeMap, key: string, value: AttributeValue | undefined): void {
  if (value !== undefined) attributes.set(key, value);
}

/** A scalar as it is; anything deeper as JSON text, because attributes of lists and objects are searched nowhere. */
export function toAttribute(value: unknown): AttributeValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      return value === null ? undefined : JSON.stringify(value);
    default:
      return undefined;
  }
}

function putAnnotations(attributes: AttributeMap, value: unknown): void {
  const annotations = asObject(value);
  if (!annotations) return;
  const keys = Object.keys(annotations);
  for (const key of keys) put(attributes, key, toAttribute(annotations[key]));
  // Tells annotations from other attributes on the way back to X-Ray; the collector's receiver uses the same name.
  if (keys.length > 0) attributes.set('aws.xray.annotations', keys);
}

function putMetadata(attributes: AttributeMap, value: unknown): void {
  const metadata = asObject(value);
  if (!metadata) return;
  for (const [namespace, content] of Object.entries(metadata)) {
    attributes.set(`aws.xray.metadata.${namespace}`, JSON.stringify(content));
  }
}
