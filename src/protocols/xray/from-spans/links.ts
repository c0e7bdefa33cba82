// Part of protocols/xray: links to spans of other traces.
import type { Span } from '../../../model/otlp.ts';
import { isUsableId, toXRayTraceId } from '../ids.ts';
import type { LinkBlock } from './document.ts';
import { toJsonObject } from './values.ts';

export function linksOf(span: Span): LinkBlock[] | undefined {
  const links = span.links.filter((link) => isUsableId(link.traceId, 32) && isUsableId(link.spanId, 16));
  if (links.length === 0) return undefined;
  return links.map(({ traceId, spanId, attributes }) => ({
    trace_id: toXRayTraceId(traceId),
    id: spanId,
    attributes: attributes.size === 0 ? undefined : toJsonObject(attributes),
  }));
}
