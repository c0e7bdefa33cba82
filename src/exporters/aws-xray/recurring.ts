// Part of exporters/aws-xray: spans of which all but ids and times is as in an earlier one: a query that is asked again, a job that runs
// again. Their document is the earlier one with other ids and times, for 2.4 µs where decoding and translating
// take 8.3 (test/bench's spans, in a loop of their own, Node 24).
import { type Span, StatusCode } from '../../model/otlp.ts';
import type { Shelf, Shelved } from '../../model/shelf.ts';
import type { Place } from '../../protocols/otlp/decode.ts';
import type { Source } from '../../protocols/otlp/source.ts';
import { SpanFrame } from '../../protocols/otlp/span-frame.ts';
import { fill, fits, type Template, templateOf } from './template.ts';

/** What is larger hardly recurs. */
const MAX_REST_BYTES = 2048;
const MAX_LITERAL_BYTES = 8192;
/** Resource and scope; others are too many, or made up anew for each request. */
const MAX_PLACES = 256;
const MAX_PLACE_BYTES = 8192;
/** Beyond this many the one that was learned first goes: half a MB of spans as Flask's, 5 MB at most. */
const MAX_KEPT = 512;
/** Hashes of spans that came once; a power of two. */
const SEEN = 2048;

interface Kept extends Template {
  place: number;
  rest: Uint8Array;
}

export interface RecurringSpans {
  /** The document of the span that lies there, where it is one that recurs. */
  put(
    shelf: Shelf,
    source: Source,
    from: number,
    to: number,
    place: Place,
  ): { document: Shelved; traceId: string } | undefined;
  /** The document of that span, as it was translated, is kept where the same came before. */
  learn(document: string, span: Span): void;
  /** Nothing of the record is held any longer. */
  letGo(): void;
}

export function createRecurringSpans(): RecurringSpans {
  const frame = new SpanFrame();
  const places = new Map<string, number>();
  const kept = new Map<number, Kept>();
  const seen = new Int32Array(SEEN);
  let isPlain = false;
  let hash = 0;
  let last: Place | undefined;
  let place = 0;

  function enter(entered: Place): void {
    if (entered === last) return;
    last = entered;
    const key = entered.key(MAX_PLACE_BYTES);
    place = (key !== undefined && places.get(key)) || 0;
    if (place > 0 || key === undefined) return;
    if (places.size === MAX_PLACES) forgetAll();
    place = places.size + 1;
    places.set(key, place);
  }

  function forgetAll(): void {
    places.clear();
    kept.clear();
    seen.fill(0);
  }

  /** Whether it came before: of many that come once, none is to be kept. */
  function isSecond(): boolean {
    const slot = hash & (SEEN - 1);
    if (seen[slot] === hash) return true;
    seen[slot] = hash;
    return false;
  }

  const isSame = (one: Kept) =>
    one.place === place && one.slots.parentId < 0 === frame.parentIdAt < 0 && frame.hasRest(one.rest);

  return {
    put(shelf, source, from, to, at) {
      enter(at);
      isPlain = place > 0 && frame.read(source, from, to) && frame.restBytes <= MAX_REST_BYTES && fits(frame);
      if (!isPlain) return undefined;
      hash = frame.hashOfRest(place);
      const found = kept.get(hash);
      if (!found || !isSame(found)) return undefined;
      const document = shelf.putCopy(found.literal);
      fill(found, frame, document.board.bytes, document.from);
      return { document, traceId: frame.traceId() };
    },
    learn(document, { spanId, status }) {
      // The exceptions of a failure have ids that follow from the span's.
      if (!isPlain || status.code === StatusCode.ERROR || document.length > MAX_LITERAL_BYTES || !isSecond())
        return;
      const template = templateOf(document, spanId);
      if (!template || template.literal.length > MAX_LITERAL_BYTES) return;
      if (kept.size === MAX_KEPT && !kept.has(hash)) kept.delete(kept.keys().next().value ?? 0);
      kept.set(hash, { ...template, place, rest: frame.copyOfRest() });
    },
    letGo() {
      last = undefined;
      isPlain = false;
      frame.letGo();
    },
  };
}
