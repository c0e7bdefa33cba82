// Part of the tests: every row of the mapping tables between spans and segments, both directions, as pairs in test/fixtures/xray.
import { describe, expect, it } from 'vitest';
import { createSpanTranslator } from '../../../src/protocols/xray/from-spans.ts';
import { segmentToSpans } from '../../../src/protocols/xray/to-spans.ts';
import { judgeDocument } from '../../../src/sandbox/aws-xray/documents.ts';
import {
  BASE_DOCUMENT,
  BASE_SEGMENT,
  plainGroup,
  segmentPairs,
  spanPairs,
  toSpan,
  withoutEmpty,
} from './golden.ts';

describe('a span becomes a document', () => {
  it.each(spanPairs())('$it', ({ input, expected }) => {
    const translate = createSpanTranslator({ annotations: [], logGroups: [], ...input.settings });
    const resource = { attributes: new Map(Object.entries(input.resource ?? {})) as never };
    const scope = { name: input.scope ?? '', version: '', attributes: new Map() };
    const result = translate(toSpan(input.span), resource, scope);

    const document = result.ok ? result.document : '';
    expect(JSON.parse(document)).toEqual(withoutEmpty({ ...BASE_DOCUMENT, ...expected }));
    expect(judgeDocument(document).unprocessed).toBeUndefined();
  });
});

describe('a segment becomes spans', () => {
  it.each(segmentPairs())('$it', ({ input, expected }) => {
    const [group] = segmentToSpans({ ...BASE_SEGMENT, ...input.segment }, input.context);
    expect(plainGroup(group)).toEqual(expected);
  });
});
