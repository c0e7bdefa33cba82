// Part of protocols/xray: everything without a field of its own: scalars as annotations (searchable), the rest as metadata.
import type { Attributes, AttributeValue } from '../../../model/otlp.ts';
import { asArray, asObject, parseLenientJson } from '../json.ts';
import type { Scalar } from './document.ts';
import type { Reader } from './reader.ts';
import { define, toJsonValue } from './values.ts';

/** X-Ray indexes 50 annotations of a trace, and strings of up to 250 characters. */
const MAX_ANNOTATIONS = 50;
const MAX_ANNOTATION_CHARS = 250;
const METADATA_PREFIX = 'aws.xray.metadata.';
/** Keys that the span says shall be annotations; the collector's exporter reads it, too. */
const LISTED = 'aws.xray.annotations';
/** Before a key of the resource, as the collector's exporter has it. */
const RESOURCE_PREFIX = 'otel.resource.';

export interface Rest {
  annotations: Record<string, Scalar> | undefined;
  /** Namespace → members. */
  metadata: Record<string, Record<string, unknown>> | undefined;
}

/** `always`: keys that become annotations first; those of the resource only where `resource` is given. */
export function restOf(
  { attributes, used }: Reader,
  always: readonly string[],
  resource: Attributes | undefined,
): Rest {
  const rest: Rest = { annotations: undefined, metadata: undefined };
  let count = 0;
  const annotate = (key: string, value: AttributeValue | undefined) => {
    if (!isAnnotation(value) || count >= MAX_ANNOTATIONS) return false;
    rest.annotations ??= {};
    const annotation = annotationKey(key);
    if (Object.hasOwn(rest.annotations, annotation)) return false;
    define(rest.annotations, annotation, value);
    count++;
    return true;
  };
  if (always.length > 0 || attributes.has(LISTED)) {
    used.add(LISTED);
    for (const key of [...always, ...asArray(attributes.get(LISTED))]) {
      if (typeof key === 'string' && annotate(key, listedValue(key, attributes, resource))) used.add(key);
    }
  }
  for (const [key, value] of attributes) {
    if (used.has(key) || expandNamespace(rest, key, value) || annotate(key, value)) continue;
    rest.metadata ??= {};
    rest.metadata['default'] ??= {};
    define(rest.metadata['default'], key, toJsonValue(value));
  }
  return rest;
}

function listedValue(
  key: string,
  attributes: Attributes,
  resource: Attributes | undefined,
): AttributeValue | undefined {
  return key.startsWith(RESOURCE_PREFIX)
    ? resource?.get(key.slice(RESOURCE_PREFIX.length))
    : attributes.get(key);
}

function isAnnotation(value: AttributeValue | undefined): value is Scalar {
  if (typeof value === 'string') return value.length <= MAX_ANNOTATION_CHARS;
  return typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
}

/** `aws.xray.metadata.<namespace>` holds the JSON text of an object and becomes that namespace again. */
function expandNamespace(rest: Rest, key: string, value: AttributeValue): boolean {
  if (!key.startsWith(METADATA_PREFIX) || typeof value !== 'string') return false;
  const members = asObject(parseLenientJson(value));
  if (!members) return false;
  rest.metadata ??= {};
  const namespace = key.slice(METADATA_PREFIX.length);
  define(rest.metadata, namespace, { ...rest.metadata[namespace], ...members });
  return true;
}

/** Keys repeat from span to span, so each is cleaned once. */
const cleanKeys = new Map<string, string>();
const MAX_CLEAN_KEYS = 2000;
/** X-Ray's bound for a key. */
const MAX_KEY_CHARS = 500;

function annotationKey(key: string): string {
  let clean = cleanKeys.get(key);
  if (clean === undefined) {
    clean = key.replace(/[^A-Za-z0-9_]/g, '_').slice(0, MAX_KEY_CHARS) || '_';
    if (cleanKeys.size < MAX_CLEAN_KEYS) cleanKeys.set(key, clean);
  }
  return clean;
}
