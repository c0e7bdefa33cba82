// Part of protocols/xray: the counts of a run of documents, by searching bytes. No document is parsed on the way in.
import type { Summary } from '../../model/signals.ts';

const HTTP = Buffer.from('"http"');
const TYPE_SUBSEGMENT = Buffer.from('"subsegment"');
const SUBSEGMENTS = Buffer.from('"subsegments"');
const TRUE = Buffer.from('true');
const FLAGS = [Buffer.from('"fault"'), Buffer.from('"error"')];
const EXCEPTIONS = Buffer.from('"exceptions"');

const COLON = 0x3a;
const SPACES: readonly (number | undefined)[] = [0x20, 0x09, 0x0a, 0x0d];

/** `whole` holds them all, where the caller has that: one search of it spares many of what hardly any document has. */
export function summarizeDocuments(documents: readonly Uint8Array[], whole?: Buffer): Summary {
  const mayHave = (what: Buffer) => whole === undefined || whole.indexOf(what) !== -1;
  const mayHaveErrors = mayHave(TRUE) && FLAGS.some(mayHave);
  const mayHaveExceptions = mayHave(EXCEPTIONS);
  let serverSpans = 0;
  let errors = 0;
  let exceptions = 0;
  for (const bytes of documents) {
    const document = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (mayDescribeRequest(document)) serverSpans++;
    if (mayHaveErrors && document.indexOf(TRUE) !== -1 && FLAGS.some((flag) => isSet(document, flag)))
      errors++;
    if (mayHaveExceptions && document.indexOf(EXCEPTIONS) !== -1) exceptions++;
  }
  return { items: documents.length, serverSpans, errors, exceptions, untimed: 0, services: [] };
}

/**
 * An upper bound: has `http`, and is not plainly a lone subsegment. Python writes `type` on embedded subsegments too, so
 * a document with both `type: subsegment` and `subsegments` may be either and counts.
 */
function mayDescribeRequest(document: Buffer): boolean {
  if (document.indexOf(HTTP) === -1) return false;
  return document.indexOf(TYPE_SUBSEGMENT) === -1 || document.indexOf(SUBSEGMENTS) !== -1;
}

function isSet(document: Buffer, key: Buffer): boolean {
  for (let at = document.indexOf(key); at !== -1; at = document.indexOf(key, at + key.length)) {
    let next = at + key.length;
    while (SPACES.includes(document[next]) || document[next] === COLON) next++;
    if (TRUE.every((byte, i) => document[next + i] === byte)) return true;
  }
  return false;
}
