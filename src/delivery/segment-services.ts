// Part of delivery: which service a subsegment sent on its own ran in. Its document does not say; that of its segment does.
import { asText } from '../protocols/xray/json.ts';
import { isIndependentSubsegment, type Segment } from '../protocols/xray/segment.ts';

/** SDKs stream subsegments in the milliseconds before their segment; those that end late come within minutes after it. So many ids at least. */
const REMEMBERED = 2000;

export interface SegmentServices {
  learn(segment: Segment): void;
  /** Whether it is a segment that was heard of. */
  knowsParentOf(subsegment: Segment): boolean;
  /** Best effort: undefined where nothing tells. */
  serviceOf(subsegment: Segment): string | undefined;
}

export function createSegmentServices(): SegmentServices {
  /** By segment id and by trace id. All of the older go at once: to let one go for each that comes is four times as dear. */
  let names = new Map<string, string>();
  let older: ReadonlyMap<string, string> = new Map();
  const services = new Set<string>();
  const remember = (id: string | undefined, name: string) => {
    if (id === undefined) return;
    if (names.size >= REMEMBERED) [older, names] = [names, new Map()];
    names.set(id, name);
  };
  const nameOf = (id: string | undefined) =>
    id === undefined ? undefined : (names.get(id) ?? older.get(id));
  return {
    learn(segment) {
      const name = asText(segment.name);
      if (name === undefined || isIndependentSubsegment(segment)) return;
      remember(asText(segment.id), name);
      remember(asText(segment.trace_id), name);
      // Whether there is one or more is all that counts.
      if (services.size < 2) services.add(name);
    },
    knowsParentOf: ({ parent_id }) => nameOf(asText(parent_id)) !== undefined,
    serviceOf(subsegment) {
      const known = nameOf(asText(subsegment.parent_id)) ?? nameOf(asText(subsegment.trace_id));
      if (known !== undefined) return known;
      return services.size === 1 ? [...services][0] : undefined;
    },
  };
}
