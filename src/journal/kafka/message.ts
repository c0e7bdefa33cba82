// Part of the journal in Kafka: a record as a message. The value is plain OTLP, for every reader of the topics; what else we know
// of it is a header. Messages without one, such as a Collector's, are scanned when they are read.
import type { Accepted, JournalRecord, Position, Signal, Summary } from '../../model/signals.ts';
import { scan } from '../../protocols/otlp/scan.ts';
import { summarizeDocuments } from '../../protocols/xray/summary.ts';
import { decodeHeaderText, encodeHeaderText } from '../record.ts';
import type { IncomingMessage } from './client.ts';

export const HEADER_NAME = 'sidecast';
/** What a message takes beside value and header: lengths, names, key, its share of the batch's head (Kafka's protocol guide). */
export const MESSAGE_OVERHEAD_BYTES = 160;

export function headerOf(accepted: Accepted): string {
  return encodeHeaderText(accepted);
}

export interface Read {
  record: JournalRecord;
  /** No sidecast took it in: nobody has looked for what must not be passed on. */
  isForeign: boolean;
}

export function recordOf(signal: Signal, message: IncomingMessage, position: Position): Read {
  const { header, value, timestampMs } = message;
  const ours = header && decodeHeaderText(header.toString('utf8'));
  if (ours) return { record: { ...ours, signal, position, payload: value }, isForeign: false };
  const summary = summaryOf(signal, value);
  const origin = { peer: 'kafka' };
  return {
    record: { signal, receivedAtMs: timestampMs, payload: value, summary, origin, position },
    isForeign: true,
  };
}

function summaryOf(signal: Signal, value: Buffer): Summary {
  try {
    return signal === 'segments' ? summarizeDocuments(value) : scan(signal, value).summary;
  } catch {
    // One item, which the destinations refuse: it becomes a dead letter there.
    return { items: 1, serverSpans: 1, errors: 1, exceptions: 1, untimed: 0, services: [] };
  }
}
