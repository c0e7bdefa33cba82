// Part of the tests: captured traffic as journal records, and what exporters are built from.
import { readFileSync } from 'node:fs';
import { allSpans } from '../../src/correlation/exceptions.ts';
import { createDecoder } from '../../src/delivery/decoder.ts';
import type { EncodedItem, ExporterContext } from '../../src/delivery/exporter.ts';
import { documentEncoder } from '../../src/exporters/honeycomb/encoder.ts';
import type { SpanGroup, SpanVisitor } from '../../src/model/otlp.ts';
import type { Shelf } from '../../src/model/shelf.ts';
import type { DestinationId, JournalRecord, Signal } from '../../src/model/signals.ts';
import { decodeLogs, decodeTraces } from '../../src/protocols/otlp/decode.ts';
import { frameDocuments, parseDatagram } from '../../src/protocols/xray/datagram.ts';

/** A minute after the captures were taken. */
export const NOW_MS = 1_795_225_660_000;

export function capture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/captures/${name}`, import.meta.url));
}

export function record(signal: Signal, payload: Uint8Array, items: number, position = 7): JournalRecord {
  const summary = { items, serverSpans: items, errors: items, exceptions: items, untimed: 0, services: [] };
  return { position, signal, receivedAtMs: NOW_MS, payload, summary, origin: { peer: '127.0.0.1' } };
}

export function traces(name: string): JournalRecord {
  const payload = capture(name);
  return record(
    'traces',
    payload,
    decodeTraces(payload).reduce((sum, { spans }) => sum + spans.length, 0),
  );
}

export function logs(name: string): JournalRecord {
  const payload = capture(name);
  return record(
    'logs',
    payload,
    decodeLogs(payload).reduce((sum, { records }) => sum + records.length, 0),
    9,
  );
}

export function documentIn(name: string): Uint8Array {
  const datagram = parseDatagram(capture(name));
  if (!datagram.ok) throw new Error(`${name} is no datagram`);
  return datagram.document;
}

export function segments(...documents: readonly (string | Uint8Array)[]): JournalRecord {
  const bytes = documents.map((one) => (typeof one === 'string' ? Buffer.from(one) : one));
  return record('segments', frameDocuments(bytes), bytes.length);
}

export function context(destination: DestinationId): ExporterContext {
  return {
    destination,
    version: '0.1.0',
    clock: { now: () => NOW_MS, schedule: () => () => undefined },
    random: () => 0.5,
    decoder: createDecoder(),
  };
}

/** For Honeycomb's encoder: documents of which nothing is waited for. */
export const asReceived = (received: JournalRecord) => asReceivedOn()(received);

export function asReceivedOn(shelf?: Shelf) {
  const toShelf = documentEncoder(shelf);
  return (received: JournalRecord) =>
    [...createDecoder().segments(received)].map((groups) => (groups ? { shelved: toShelf(groups) } : {}));
}

/** A decoder that knows what it will be asked. */
export function decoded(answers: Partial<ExporterContext['decoder']>): ExporterContext['decoder'] {
  return { ...holding([]), segments: () => [], logs: () => [], ...answers };
}

/** What it answers where these are the spans. */
export function holding(groups: readonly SpanGroup[]) {
  const all = allSpans(groups);
  return {
    raisingSpans: () => all,
    notableSpans: (_record: JournalRecord, visit: SpanVisitor) => {
      for (const { span, resource, scope, index } of all.spans) visit(span, resource, scope, index);
    },
  };
}

export function itemOf<T>(value: T, more: Partial<EncodedItem<T>> = {}): EncodedItem<T> {
  return {
    partition: '',
    bytes: 1,
    timeUnixMs: NOW_MS,
    sources: { position: 7, from: 0, to: 1 },
    value,
    ...more,
  };
}

export const never = new AbortController().signal;

export async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const value of values) found.push(value);
  return found;
}
