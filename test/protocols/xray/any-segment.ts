// Part of the tests of protocols/xray: any document that is valid, whatever its optional fields are.
import fc from 'fast-check';
import type { Segment } from '../../../src/protocols/xray/segment.ts';
import { hex } from './any-span.ts';

const seconds = fc.integer({ min: 1_700_000_000_000_000, max: 1_900_000_000_000_000 }).map((us) => us / 1e6);
const name = fc.oneof(
  fc.stringMatching(/^[\w.:/%&#=+@-]{1,30}$/),
  fc.constantFrom('élan vital', '日本', 'a\u{20000}b'),
);
export const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom('NaN', 'x'.repeat(300), -1, 1e300),
);
const OPTIONAL =
  'user origin resource_arn service http aws sql cause annotations metadata links precursor_ids traced unknown';

/** Ids, times, names and flags in order; everything optional as odd as JSON can be. */
const node = (optional: fc.Arbitrary<unknown>) =>
  fc
    .record(
      {
        id: hex(16),
        name,
        times: fc.tuple(seconds, fc.option(seconds, { nil: undefined })),
        flags: fc.constantFrom<object>({}, { fault: true }, { error: true }, { error: true, throttle: true }),
        optional: fc.dictionary(fc.constantFrom(...OPTIONAL.split(' ')), optional, { maxKeys: 4 }),
      },
      { noNullPrototype: true },
    )
    .map(({ id, name, times: [start_time, other], flags, optional }): Segment => {
      const end_time = other === undefined ? undefined : Math.max(start_time, other);
      const end = end_time === undefined ? { in_progress: true } : { end_time };
      return { ...optional, id, name, start_time, ...end, ...flags };
    });

/** A segment, or a lone subsegment, with what is embedded in it; ids are unique. */
export function tree(optional: fc.Arbitrary<unknown>): fc.Arbitrary<Segment> {
  const call = fc
    .tuple(node(optional), fc.constantFrom('remote', 'aws', 'local', undefined))
    .map(([made, namespace]) => (namespace === undefined ? made : { ...made, namespace }));
  const parts = fc.tuple(
    node(optional),
    call,
    fc.array(fc.tuple(call, fc.array(call, { maxLength: 2 })), { maxLength: 3 }),
  );
  const place = fc.record({
    trace_id: hex(32).map((id) => `1-${id.slice(0, 8)}-${id.slice(8)}`),
    parent_id: fc.option(hex(16), { nil: undefined }),
    isLone: fc.boolean(),
  });
  return fc
    .tuple(parts, place)
    .map(([[segment, lone, children], { trace_id, parent_id, isLone }]) => {
      const subsegments = children.map(([child, below]) => ({ ...child, subsegments: below }));
      return isLone && parent_id !== undefined
        ? { ...lone, type: 'subsegment', trace_id, parent_id, subsegments }
        : { ...segment, trace_id, ...(parent_id !== undefined && { parent_id }), subsegments };
    })
    .filter((made) => new Set(nodesOf(made).map(({ id }) => id)).size === nodesOf(made).length);
}

/** Depth first. */
export const nodesOf = (root: Segment): Segment[] => [
  root,
  ...((root.subsegments ?? []) as Segment[]).flatMap((child) => nodesOf(child)),
];
