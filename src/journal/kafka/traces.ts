// Part of the journal in Kafka: a request by partitions: a trace stays in one, so that one deliverer sees all of it. A message's key
// is its trace id in hex digits, as the Collector writes it (partition_traces_by_id).
import { groupBy } from '../../model/group-by.ts';
import type { Accepted, OtlpSignal } from '../../model/signals.ts';
import { divide } from '../../protocols/otlp/divide.ts';
import { Outline } from '../../protocols/otlp/glance.ts';
import { scan } from '../../protocols/otlp/scan.ts';
import { Fields, WireType } from '../../protocols/otlp/wire.ts';
import { frameDocuments, readDocuments } from '../../protocols/xray/datagram.ts';
import { summarizeDocuments } from '../../protocols/xray/summary.ts';
import { partitionOf } from './murmur2.ts';

/** Without a key it may go to any partition. */
export interface Spread {
  part: Accepted;
  /** Of its first trace: the others, if any, belong to the same partition. */
  key: Buffer | undefined;
  partition: number | undefined;
}

const KEY_BYTES = 32;
const TRACE_ID_BYTES = 16;
/** Of a span and of a log record (opentelemetry-proto). */
const TRACE_ID_FIELD = { traces: 1, logs: 9 } as const;
/** `"trace_id": "1-5759e988-bd862e3fe1be46a994272793"` */
const XRAY_TRACE_ID = /"trace_id"\s*:\s*"1-([0-9a-f]{8})-([0-9a-f]{24})"/i;
const NONE = -1;

const outline = new Outline();
/** The key that is looked at. */
const scratch = Buffer.alloc(KEY_BYTES);

/** Pieces for different partitions; what belongs to no trace goes with any of them. */
export function spreadTraces(accepted: Accepted, partitions: number): readonly Spread[] {
  const { signal } = accepted;
  if (signal === 'metrics') return [{ part: accepted, key: undefined, partition: undefined }];
  return signal === 'segments'
    ? spreadDocuments(accepted, partitions)
    : spreadOtlp(accepted, signal, partitions);
}

/** Which partition each item belongs to, and a key of each partition. */
class Wanted {
  readonly of: Int16Array;
  readonly keys = new Map<number, Buffer>();
  readonly #partitions: number;

  constructor(items: number, partitions: number) {
    this.of = new Int16Array(items).fill(NONE);
    this.#partitions = partitions;
  }

  /** By the key in `scratch`; returned is the partition. */
  note(index: number): number {
    const partition = partitionOf(scratch, this.#partitions);
    this.of[index] = partition;
    if (!this.keys.has(partition)) this.keys.set(partition, Buffer.from(scratch));
    return partition;
  }

  /** Undefined where nothing is to be cut. */
  whole(part: Accepted): readonly Spread[] | undefined {
    if (this.keys.size > 1) return undefined;
    const [[partition, key] = []] = this.keys;
    return [{ part, key, partition }];
  }

  /** What belongs to no trace goes with the first that does. */
  readonly shareOf = (index: number): number => {
    const partition = this.of[index] ?? NONE;
    if (partition !== NONE) return partition;
    const [first = NONE] = this.keys.keys();
    return first;
  };

  pieces<T>(divided: Iterable<readonly [number, T]>, partOf: (content: T) => Accepted): Spread[] {
    return Array.from(divided, ([partition, content]) => {
      return { part: partOf(content), key: this.keys.get(partition), partition };
    });
  }
}

function spreadOtlp(
  accepted: Accepted,
  signal: Exclude<OtlpSignal, 'metrics'>,
  partitions: number,
): readonly Spread[] {
  const { payload } = accepted;
  outline.read(payload);
  const wanted = new Wanted(outline.count, partitions);
  let [last, partition] = [NONE, NONE];
  for (let index = 0; index < outline.count; index++) {
    const at = traceIdAt(payload, outline.start(index), outline.end(index), TRACE_ID_FIELD[signal]);
    if (at === NONE) continue;
    // Spans of one trace mostly come together.
    if (last !== NONE && isSame(payload, at, last)) wanted.of[index] = partition;
    else {
      writeHex(payload, at);
      partition = wanted.note(index);
    }
    last = at;
  }
  return (
    wanted.whole(accepted) ??
    wanted.pieces(divide(signal, payload, wanted.shareOf), (piece) => {
      return { ...accepted, payload: piece, summary: scan(signal, piece).summary };
    })
  );
}

function spreadDocuments(accepted: Accepted, partitions: number): readonly Spread[] {
  const documents = readDocuments(accepted.payload);
  const wanted = new Wanted(documents.length, partitions);
  for (const [index, document] of documents.entries()) {
    const text = document.toString('latin1');
    const found = XRAY_TRACE_ID.exec(text);
    if (!found) continue;
    scratch.write(`${found[1]}${found[2]}`.toLowerCase(), 'latin1');
    wanted.note(index);
  }
  return (
    wanted.whole(accepted) ??
    wanted.pieces(
      groupBy(documents.entries(), ([index]) => wanted.shareOf(index)),
      (entries) => {
        const piece = frameDocuments(entries.map(([, document]) => document));
        return { ...accepted, payload: piece, summary: summarizeDocuments(piece) };
      },
    )
  );
}

/** Where its 16 bytes are; SDKs write them first. */
function traceIdAt(body: Uint8Array, from: number, to: number, field: number): number {
  if (field === 1 && body[from] === 0x0a && body[from + 1] === TRACE_ID_BYTES) return from + 2;
  const fields = new Fields(body, from, to);
  while (fields.next())
    if (fields.number === field && fields.wireType === WireType.LEN)
      return fields.to - fields.from === TRACE_ID_BYTES ? fields.from : NONE;
  return NONE;
}

function isSame(body: Uint8Array, at: number, other: number): boolean {
  for (let i = 0; i < TRACE_ID_BYTES; i++) if (body[at + i] !== body[other + i]) return false;
  return true;
}

function writeHex(body: Uint8Array, at: number): void {
  for (let i = 0; i < TRACE_ID_BYTES; i++) {
    const byte = body[at + i]!;
    scratch[2 * i] = digit(byte >> 4);
    scratch[2 * i + 1] = digit(byte & 15);
  }
}

const digit = (nibble: number) => (nibble < 10 ? 0x30 + nibble : 0x57 + nibble);
