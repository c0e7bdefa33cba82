// Part of delivery: which service a subsegment sent on its own ran in. Its document does not say; that of its segment does.
import { asText } from '../protocols/xray/json.ts';
import { isIndependentSubsegment, type Segment } from '../protocols/xray/segment.ts';

/** SDKs stream subsegments in the milliseconds before their segment; those that end late come within minutes after it. */
const MAX_REMEMBERED = 2000;

export interface SegmentServices {
  learn(segment: Segment): void;
  /** Whether it is a segment that was heard of. */
  knowsParentOf(subsegment: Segment): boolean;
  /** Best effort: undefined where nothing tells. */
  serviceOf(subsegment: Segment): string | undefined;
}

export function createSegmentServices(): SegmentServices {
  /** By segment id and by trace id, the oldest first. */
  const names = new Map<string, string>();
  const services = new Set<string>();
  const remember = (id: string | undefined, name: string) => {
    if (id === undefined) return;
    names.delete(id);
    names.set(id, name);
    for (const oldest of names.keys()) {
      if (names.size <= MAX_REMEMBERED) break;
      names.delete(oldest);
    }
  };
  return {
    learn(segment) {
      const name = asText(segment.name);
      if (name === undefined || isIndependentSubsegment(segment)) return;
      remember(asText(segment.id), name);
      remember(asText(segment.trace_id), name);
      // Whether there is one or more is all that counts.
      if (services.size < 2) services.add(name);
    },
    knowsParentOf: ({ parent_id }) => names.has(asText(parent_id) ?? ''),
    serviceOf(subsegment) {
      const known =
        names.get(asText(subsegment.parent_id) ?? '') ?? names.get(asText(subsegment.trace_id) ?? '');
      if (known !== undefined) return known;
      return services.size === 1 ? [...services][0] : undefined;
    },
  };
}
