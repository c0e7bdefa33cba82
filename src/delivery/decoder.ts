// Part of delivery: one decode of a record, shared by the destinations that need one while it is new.
import type { LogGroup, SpanGroup } from '../model/otlp.ts';
import type { JournalRecord, Position } from '../model/signals.ts';
import { decodeLogs, decodeTraces } from '../protocols/otlp/decode.ts';
import type { Decoder } from './exporter.ts';

const MAX_BYTES = 4 * 1024 * 1024;
/** A decoded span takes about this many times its wire bytes (317 B on the wire, about 2 KB as objects). */
const DECODED_TO_WIRE = 8;

interface Kept {
  groups: readonly SpanGroup[] | readonly LogGroup[];
  bytes: number;
}

/** Least recently used goes first. A destination far behind decodes again. */
export function createDecoder(maxBytes = MAX_BYTES): Decoder {
  const kept = new Map<Position, Kept>();
  let bytes = 0;

  function remember<G extends Kept['groups']>(record: JournalRecord, decode: (payload: Uint8Array) => G): G {
    const known = kept.get(record.position);
    if (known) {
      kept.delete(record.position);
      kept.set(record.position, known);
      return known.groups as G;
    }
    const groups = decode(record.payload);
    const cost = record.payload.length * DECODED_TO_WIRE;
    kept.set(record.position, { groups, bytes: cost });
    bytes += cost;
    for (const [position, oldest] of kept) {
      if (bytes <= maxBytes || kept.size === 1) break;
      kept.delete(position);
      bytes -= oldest.bytes;
    }
    return groups;
  }

  return {
    traces: (record) => remember(record, decodeTraces),
    logs: (record) => remember(record, decodeLogs),
  };
}
