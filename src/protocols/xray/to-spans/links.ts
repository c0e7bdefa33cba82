// Part of protocols/xray: links to other traces.
import type { SpanLink } from '../../../model/otlp.ts';
import { fromXRayTraceId, spanIdOf } from '../ids.ts';
import { asObject, asObjects, asText } from '../json.ts';
import type { Segment } from '../segment.ts';
import { type AttributeMap, put, toAttribute } from './attributes.ts';

/** A link whose ids cannot be read is left out; the span stays. */
export function spanLinks(segment: Segment): SpanLink[] {
  return asObjects(segment.links).flatMap((link) => {
    const traceId = fromXRayTraceId(asText(link['trace_id']) ?? '');
    const spanId = spanIdOf(asText(link['id']) ?? '');
    if (!traceId || !spanId) return [];
    const attributes: AttributeMap = new Map();
    for (const [key, member] of Object.entries(asObject(link['attributes']) ?? {})) {
      put(attributes, key, toAttribute(member));
    }
    return [{ traceId, spanId, traceState: '', attributes }];
  });
}
