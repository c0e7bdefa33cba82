// Part of recent: what of a run of X-Ray documents is kept. A document is parsed here only when it is kept.
import { frameDocuments, readDocuments } from '../protocols/xray/datagram.ts';
import { fromXRayTraceId } from '../protocols/xray/ids.ts';
import { isIndependentSubsegment, parseSegment } from '../protocols/xray/segment.ts';
import { type Choice, hashOf } from './choice.ts';
import { entryOf } from './entry.ts';
import type { Heat } from './heat.ts';
import type { Kept } from './kept.ts';
import type { Owner, Store } from './store.ts';

const TRACE_ID = Buffer.from('"trace_id"');
/** An id in quotes, and what may stand before it. */
const VALUE_CHARS = 50;
const X_RAY_TRACE_ID = /1-[\da-f]{8}-[\da-f]{24}/i;
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
    const owner = ownerOf(document);
    if (!owner) continue;
    const isDrawn = choice.takes(owner.hash);
    const isWanted =
      isDrawn || store.knows(owner.hash) || (hasErrors && hasFault(document) && choice.favours('error'));
    if (isWanted) {
      indexes.push(index);
      owners.push(owner);
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

function ownerOf(document: Uint8Array): Owner | undefined {
  const bytes = Buffer.from(document.buffer, document.byteOffset, document.byteLength);
  const at = bytes.indexOf(TRACE_ID);
  if (at < 0) return undefined;
  const from = at + TRACE_ID.length;
  const text = X_RAY_TRACE_ID.exec(bytes.toString('latin1', from, from + VALUE_CHARS))?.[0];
  const id = text && fromXRayTraceId(text);
  return id ? { id, hash: hashOf(Buffer.from(id, 'hex'), 0) } : undefined;
}

function hasFault(document: Uint8Array): boolean {
  return FAULT.test(
    Buffer.from(document.buffer, document.byteOffset, document.byteLength).toString('latin1'),
  );
}

function addHeat(heat: Heat, document: Uint8Array, nowMs: number, weight: number): void {
  const segment = parseSegment(document);
  if (!segment || isIndependentSubsegment(segment)) return;
  const entry = entryOf(segment);
  if (entry) heat.add(entry.startMs, entry.durationMs, entry.isError, entry.name, nowMs, weight);
}
