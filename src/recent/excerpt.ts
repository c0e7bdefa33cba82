// Part of recent: a trace as it came: as OTLP/JSON, and as a record that an exporter can encode once more.

import { decodeSegments } from '../delivery/decoder.ts';
import type { DestinationId, JournalRecord } from '../model/signals.ts';
import { encodeTraces } from '../protocols/otlp/encode.ts';
import { protobufToJson } from '../protocols/otlp/json.ts';
import { scan } from '../protocols/otlp/scan.ts';
import { select } from '../protocols/otlp/select.ts';
import { frameDocuments, readDocuments, summarizeDocuments } from '../protocols/xray/datagram.ts';
import type { Kept, KeptTrace } from './kept.ts';

/** An item of a record that is encoded once more: `index` is its place there. */
export interface Again {
  record: JournalRecord;
  index: number;
  /** The destinations that the record is for, when not for all. */
  only: DestinationId | undefined;
}

/** Its neighbours say which of two accounts of an exception counts; in a large trace it goes by itself. */
const MAX_NEIGHBOURS = 100;

let lastPosition = 0;

export function recordAgain(trace: KeptTrace, kept: Kept, item: number): Again {
  const all = [...kept.itemsOf(trace)];
  const items = all.length <= MAX_NEIGHBOURS ? all : [item];
  const payload = cut(kept, items);
  const { signal, receivedAtMs, origin } = kept;
  const summary = signal === 'segments' ? summarizeDocuments(payload) : scan(signal, payload).summary;
  const first = origin.first ?? `${kept.position}:${kept.sourceOf(items[0] ?? 0)}@${receivedAtMs}`;
  // Below all positions of the journal: whoever remembers records by position must not take it for another.
  lastPosition -= 1;
  const record = {
    signal,
    receivedAtMs,
    payload,
    summary,
    origin: { ...origin, first },
    position: lastPosition,
  };
  return { record, index: items.indexOf(item), only: origin.only };
}

/** An export request; X-Ray's documents as the spans that they describe. */
export function toOtlpJson(trace: KeptTrace): { resourceSpans: unknown[] } {
  const requests = trace.parts
    .filter(({ signal }) => signal === 'traces' || signal === 'segments')
    .map((kept) => {
      const payload = cut(kept, [...kept.itemsOf(trace)]);
      const bytes =
        kept.signal === 'segments'
          ? encodeTraces([...decodeSegments(payload)].flatMap((groups) => groups ?? []))
          : payload;
      return protobufToJson('traces', bytes) as { resourceSpans?: unknown[] };
    });
  return { resourceSpans: requests.flatMap(({ resourceSpans }) => resourceSpans ?? []) };
}

function cut({ signal, payload }: Kept, items: readonly number[]): Uint8Array {
  if (signal === 'segments') {
    const documents = readDocuments(payload);
    return frameDocuments(items.flatMap((item) => documents[item] ?? []));
  }
  const wanted = new Set(items);
  const chosen = select(signal, payload, (index) => wanted.has(index));
  // The page may be used for others.
  return chosen === payload ? payload.slice() : chosen;
}
