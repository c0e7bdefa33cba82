// Part of the journal in Kafka: requests that are larger than a topic's messages may be, in pieces.
import type { Accepted } from '../../model/signals.ts';
import { scan } from '../../protocols/otlp/scan.ts';
import { select } from '../../protocols/otlp/select.ts';
import { frameDocuments, readDocuments } from '../../protocols/xray/datagram.ts';
import { summarizeDocuments } from '../../protocols/xray/summary.ts';
import { headerOf, MESSAGE_OVERHEAD_BYTES } from './message.ts';

export function messageBytes({ payload }: Accepted, header: string): number {
  return payload.length + Buffer.byteLength(header) + MESSAGE_OVERHEAD_BYTES;
}

/** In order; a single item that is larger than `maxBytes` is left as it is. */
export function cutTo(accepted: Accepted, maxBytes: number): readonly Accepted[] {
  const { items } = accepted.summary;
  if (items <= 1 || messageBytes(accepted, headerOf(accepted)) <= maxBytes) return [accepted];
  const half = items >> 1;
  return [cutOut(accepted, 0, half), cutOut(accepted, half, items)].flatMap((part) => cutTo(part, maxBytes));
}

function cutOut(accepted: Accepted, from: number, to: number): Accepted {
  const { signal, payload } = accepted;
  if (signal === 'segments') {
    const chosen = frameDocuments(readDocuments(payload).slice(from, to));
    return { ...accepted, payload: chosen, summary: summarizeDocuments(chosen) };
  }
  const chosen = select(signal, payload, (index) => index >= from && index < to);
  return { ...accepted, payload: chosen, summary: scan(signal, chosen).summary };
}
