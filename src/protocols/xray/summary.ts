// Part of protocols/xray: the counts of a run of documents, by searching bytes. No document is parsed on the way in.
import type { Summary } from '../../model/signals.ts';

const LENGTH_BYTES = 4;
const QUOTE = 0x22;
const COLON = 0x3a;
const SPACES: readonly (number | undefined)[] = [0x20, 0x09, 0x0a, 0x0d];
const NOWHERE = Number.POSITIVE_INFINITY;
const TRUE = Buffer.from('true');

/** `payload`: length-prefixed documents, as the journal has them. */
export function summarizeDocuments(payload: Buffer): Summary {
  const http = wordIn(payload, 'http');
  const subsegment = wordIn(payload, 'subsegment');
  const subsegments = wordIn(payload, 'subsegments');
  const exceptionList = wordIn(payload, 'exceptions');
  const yes = searchIn(payload, TRUE, () => true);
  const flags = [wordIn(payload, 'fault'), wordIn(payload, 'error')];
  let [items, serverSpans, errors, exceptions] = [0, 0, 0, 0];
  for (let end = 0; end < payload.length; items++) {
    const start = end + LENGTH_BYTES;
    end = start + payload.readUInt32BE(end);
    // An upper bound: has `http`, and is not plainly a lone subsegment. Python writes `type` on embedded subsegments too, so
    // a document with both `type: subsegment` and `subsegments` may be either and counts.
    if (http(start) < end && (subsegment(start) >= end || subsegments(start) < end)) serverSpans++;
    if (yes(start) < end && flags.some((flag) => isSet(flag, start, end))) errors++;
    if (exceptionList(start) < end) exceptions++;
  }
  return { items, serverSpans, errors, exceptions, untimed: 0, services: [] };

  function isSet(flag: Search, start: number, end: number): boolean {
    for (let at = flag(start); at < end; at = flag(at)) if (isTrueAfter(payload, at)) return true;
    return false;
  }
}

/** Where the first one behind `from` ends; infinity without one. Asked in rising order, it reads the payload once in all. */
type Search = (from: number) => number;

/**
 * A word in quotes. What is searched for is what follows the first quote: the search stops at each byte that is the first of
 * what it looks for, and every tenth byte of JSON is a quote.
 */
function wordIn(payload: Buffer, word: string): Search {
  return searchIn(payload, Buffer.from(`${word}"`), (at) => payload[at - 1] === QUOTE);
}

function searchIn(payload: Buffer, what: Buffer, isMeant: (at: number) => boolean): Search {
  let at = -1;
  return (from) => {
    while (at !== NOWHERE && (at < from || !isMeant(at))) {
      at = payload.indexOf(what, Math.max(at + 1, from));
      if (at === -1) at = NOWHERE;
    }
    return at + what.length;
  };
}

/** `at`: behind the key. */
function isTrueAfter(payload: Buffer, at: number): boolean {
  let next = at;
  while (SPACES.includes(payload[next]) || payload[next] === COLON) next++;
  return TRUE.every((byte, index) => payload[next + index] === byte);
}
