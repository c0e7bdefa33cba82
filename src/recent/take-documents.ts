// Part of recent: what of a run of X-Ray documents is kept. A document is parsed here only when it is kept.
import { frameDocuments, readDocuments } from '../protocols/xray/datagram.ts';
import { readXRayTraceId } from '../protocols/xray/ids.ts';
import { isIndependentSubsegment, parseSegment } from '../protocols/xray/segment.ts';
import { type Choice, hashOf } from './choice.ts';
import { entryOf } from './entry.ts';
import type { Heat } from './heat.ts';
import type { Kept } from './kept.ts';
import type { Owner, Store } from './store.ts';

const TRACE_ID = Buffer.from('"trace_id"');
/** An id in quotes, and what may stand before it. */
const VALUE_CHARS = 50;
/** Of the document at hand. */
const traceId = Buffer.alloc(16);
const FAULT = /"fault"\s*:\s*true/;

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
  hasErrors: boolean,
  rest: () => Promise<void>,
): Promise<void> {
  const documents = readDocuments(payload);
  const indexes: number[] = [];
  const owners: Owner[] = [];
  for (const [index, document] of documents.entries()) {
    if (!findTraceId(document)) continue;
    const hash = hashOf(traceId, 0);
    const isDrawn = choice.takes(hash);
    const isWanted =
      isDrawn || store.knows(hash) || (hasErrors && hasFault(document) && choice.favours('error'));
    if (isWanted) {
      indexes.push(index);
      owners.push({ id: traceId.toString('hex'), hash });
    }
    // What was not drawn is stood for by what was.
    if (isDrawn) addHeat(heat, document, nowMs, choice.keepsOneIn);
    await rest();
  }
  if (owners.length === 0) return store.drop(kept);
  const isAll = owners.length === documents.length;
  const opened = store.keep(kept, {
    bytes: isAll ? payload : frameDocuments(indexes.map((index) => documents[index] as Uint8Array)),
    indexes: isAll ? undefined : Uint32Array.from(indexes),
    owners,
    isLate: (hash) => !choice.takes(hash),
  });
  for (const { hash } of opened) choice.opened(choice.takes(hash));
}

/** Into `traceId`. */
function findTraceId(document: Buffer): boolean {
  const at = document.indexOf(TRACE_ID);
  const from = at + TRACE_ID.length;
  return at >= 0 && readXRayTraceId(document, from, from + VALUE_CHARS, traceId);
}

function hasFault(document: Buffer): boolean {
  return FAULT.test(document.toString('latin1'));
}

function addHeat(heat: Heat, document: Uint8Array, nowMs: number, weight: number): void {
  const segment = parseSegment(document);
  if (!segment || isIndependentSubsegment(segment)) return;
  const entry = entryOf(segment);
  if (entry) heat.add(entry.startMs, entry.durationMs, entry.isError, entry.name, nowMs, weight);
}
