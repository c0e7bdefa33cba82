// Part of recent: what of a run of X-Ray documents is kept. A document is parsed here only when it is kept.
import { frameDocuments } from '../protocols/xray/datagram.ts';
import { readXRayTraceId } from '../protocols/xray/ids.ts';
import { FAULT, readMarks } from '../protocols/xray/marks.ts';
import { isIndependentSubsegment, parseSegment } from '../protocols/xray/segment.ts';
import { type Choice, hashOf } from './choice.ts';
import { entryOf } from './entry.ts';
import type { Heat } from './heat.ts';
import type { Kept } from './kept.ts';
import type { Owner, Store } from './store.ts';

/** An id in quotes, and what may stand before it. */
const VALUE_CHARS = 50;
/** Of the document at hand. */
const traceId = Buffer.alloc(16);

export interface TakeDocumentsParts {
  store: Store;
  heat: Heat;
  choice: Choice;
  nowMs: number;
}

export async function takeDocuments(
  { store, heat, choice, nowMs }: TakeDocumentsParts,
  kept: Kept,
  payload: Uint8Array,
  /** To be asked after each document; something to wait for, now and then. */
  rest: () => Promise<void> | undefined,
): Promise<void> {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const documents = readMarks(bytes);
  const indexes: number[] = [];
  const chosen: Buffer[] = [];
  const owners: Owner[] = [];
  for (let index = 0; index < documents.length; index++) {
    const { start, end, marks, traceIdAt } = documents[index]!;
    if (traceIdAt < 0) continue;
    if (!readXRayTraceId(bytes, traceIdAt, Math.min(traceIdAt + VALUE_CHARS, end), traceId)) continue;
    const hash = hashOf(traceId, 0);
    const isDrawn = choice.takes(hash);
    if (isDrawn || store.knows(hash) || (marks & FAULT && choice.favours('error'))) {
      const document = bytes.subarray(start, end);
      indexes.push(index);
      chosen.push(document);
      owners.push({ id: traceId.toString('hex'), hash });
      // What was not drawn is stood for by what was.
      if (isDrawn) addHeat(heat, document, nowMs, choice.keepsOneIn);
    }
    const resting = rest();
    if (resting) await resting;
  }
  if (owners.length === 0) return store.drop(kept);
  const isAll = owners.length === documents.length;
  const opened = store.keep(kept, {
    bytes: isAll ? payload : frameDocuments(chosen),
    indexes: isAll ? undefined : Uint32Array.from(indexes),
    owners,
    isLate: (hash) => !choice.takes(hash),
  });
  for (const { hash } of opened) choice.opened(choice.takes(hash));
}

function addHeat(heat: Heat, document: Uint8Array, nowMs: number, weight: number): void {
  const segment = parseSegment(document);
  if (!segment || isIndependentSubsegment(segment)) return;
  const entry = entryOf(segment);
  if (entry) heat.add(entry.startMs, entry.durationMs, entry.isError, entry.name, nowMs, weight);
}
