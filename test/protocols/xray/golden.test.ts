// Part of the tests: every row of the mapping tables between spans and segments, both directions, as pairs in test/fixtures/xray.
import { describe, expect, it } from 'vitest';
import { spanToDocument } from '../../../src/protocols/xray/from-spans.ts';
import type { Segment } from '../../../src/protocols/xray/segment.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { judgeDocument } from '../../../src/sandbox/aws-xray/documents.ts';
import {
  BASE_DOCUMENT,
  BASE_SEGMENT,
  type GoldenSpan,
  plainGroup,
  readGolden,
  toSpan,
  withoutEmpty,
} from './golden.ts';

const SCOPE = { name: '', version: '', attributes: new Map() };

describe('a span becomes a document', () => {
  const pairs = readGolden<GoldenSpan>('spans-to-segments');

  it('in as many ways as the tables have rows', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(50);
    expect(new Set(pairs.map((pair) => pair.it)).size).toBe(pairs.length);
  });

  it.each(pairs)('$it', ({ input, expected }) => {
    const resource = { attributes: new Map(Object.entries(input.resource ?? {})) as never };
    const result = spanToDocument(toSpan(input.span), resource, SCOPE);

    const document = result.ok ? result.document : '';
    expect(JSON.parse(document)).toEqual(withoutEmpty({ ...BASE_DOCUMENT, ...expected }));
    expect(judgeDocument(document).unprocessed).toBeUndefined();
  });
});

describe('a segment becomes spans', () => {
  const pairs = readGolden<Segment>('segments-to-spans');

  it('in as many ways as the tables have rows', () => {
    expect(pairs.length).toBeGreaterThanOrEqual(40);
    expect(new Set(pairs.map((pair) => pair.it)).size).toBe(pairs.length);
  });

  it.each(pairs)('$it', ({ input, expected }) => {
    expect(plainGroup(segmentToSpans({ ...BASE_SEGMENT, ...input })[0])).toEqual(expected);
  });
});
