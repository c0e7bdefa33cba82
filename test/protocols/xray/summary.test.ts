// Part of the tests: protocols/xray/summary: what is counted of documents without parsing them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameDocuments, summarizeDocuments } from '../../../src/protocols/xray/datagram.ts';
import { readMarks } from '../../../src/protocols/xray/marks.ts';
import { compiledAndWritten } from '../../support/wat.ts';

const summaryOf = (...documents: readonly string[]) =>
  summarizeDocuments(frameDocuments(documents.map((document) => Buffer.from(document, 'latin1'))));

/** The same by regular expressions. */
function expected(documents: readonly string[]) {
  const count = (isMeant: (document: string) => boolean) => documents.filter(isMeant).length;
  return {
    items: documents.length,
    serverSpans: count(
      (text) => /"http"/.test(text) && (!/"subsegment"/.test(text) || /"subsegments"/.test(text)),
    ),
    errors: count((text) => /"(?:fault|error)"[ \t\r\n:]*true/.test(text)),
    exceptions: count((text) => /"exceptions"/.test(text)),
    untimed: 0,
    services: [],
  };
}

describe('the summary of documents', () => {
  it('counts what regular expressions count, whatever stands beside the words and however they lie', () => {
    const words = ['http', 'subsegment', 'subsegments', 'exceptions', 'fault', 'error', 'throttle', 'true'];
    const part = fc.oneof(
      fc.constantFrom(...words.map((word) => `"${word}"`)),
      fc.constantFrom(...words, ...words.map((word) => `"${word}`), ...words.map((word) => `${word}"`)),
      fc.constantFrom(':', ': ', ' : \n\t', '"', '\\"', ',', ': true', ':true', ': false', ': "true"'),
      fc.string({ maxLength: 20, unit: 'binary-ascii' }),
    );
    const document = fc.array(part, { maxLength: 25 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(document, { maxLength: 8 }), (documents) => {
        expect(summaryOf(...documents)).toEqual(expected(documents));
      }),
      { numRuns: 2000 },
    );
  });

  it('finds nothing that begins in one document and ends in the next, or in what an earlier payload left', () => {
    expect(summaryOf('{"exceptions"')).toMatchObject({ exceptions: 1 });
    expect(summaryOf('{"exception')).toMatchObject({ exceptions: 0 });
    expect(summaryOf('{"fault":true')).toMatchObject({ errors: 1 });
    expect(summaryOf('{"fault":tru')).toMatchObject({ errors: 0 });
    expect(summaryOf('"trace_id"')).toMatchObject({ items: 1 });
    expect(readMarks(frameDocuments([Buffer.from('"trace_id')]))).toMatchObject([{ traceIdAt: -1 }]);
    expect(summaryOf('"excep', 'tions"', '"htt', 'p"', '"fault":t', 'rue')).toMatchObject({
      serverSpans: 0,
      errors: 0,
      exceptions: 0,
    });
  });

  it('takes payloads of any size', () => {
    for (const chars of [400_000, 3_000_000, 10]) {
      const long = `{"metadata":"${'x'.repeat(chars)}","http":{}}`;
      expect(summaryOf(long, long)).toMatchObject({ items: 2, serverSpans: 2 });
    }
  });

  it('knows where the first trace id is, of each document', () => {
    const key = fc.constantFrom('"trace_id"', 'trace_id"', '"trace_id', '"trace_ids"', '"id"');
    const noise = fc.string({ maxLength: 40, unit: 'binary-ascii' });
    const document = fc.array(fc.oneof(key, noise), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(document, { maxLength: 8 }), (documents) => {
        const payload = frameDocuments(documents.map((text) => Buffer.from(text, 'latin1')));
        const marked = readMarks(payload);
        expect(
          marked.map(({ start, end, traceIdAt }) => [
            payload.toString('latin1', start, end),
            traceIdAt < 0 ? -1 : traceIdAt - start,
          ]),
        ).toEqual(
          documents.map((text) => {
            const at = text.indexOf('"trace_id"');
            return [text, at < 0 ? -1 : at + '"trace_id"'.length];
          }),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('has counts that marks.wat makes', async () => {
    const { compiled, written } = await compiledAndWritten('protocols/xray/marks');
    expect(written).toBe(compiled);
  });
});
