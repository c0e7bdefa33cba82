// Part of protocols/xray: the counts of a run of documents. No document is parsed on the way in.
import type { Summary } from '../../model/signals.ts';
import { ERROR, EXCEPTIONS, FAULT, HTTP, readMarks, SUBSEGMENT, SUBSEGMENTS } from './marks.ts';

/** `payload`: length-prefixed documents, as the journal has them. */
export function summarizeDocuments(payload: Uint8Array): Summary {
  const documents = readMarks(payload);
  let [serverSpans, errors, exceptions] = [0, 0, 0];
  for (const { marks } of documents) {
    // An upper bound: has `http`, and is not plainly a lone subsegment. Python writes `type` on embedded subsegments too, so
    // a document with both `type: subsegment` and `subsegments` may be either and counts.
    if (marks & HTTP && (!(marks & SUBSEGMENT) || marks & SUBSEGMENTS)) serverSpans++;
    if (marks & (FAULT | ERROR)) errors++;
    if (marks & EXCEPTIONS) exceptions++;
  }
  return { items: documents.length, serverSpans, errors, exceptions, untimed: 0, services: [] };
}
