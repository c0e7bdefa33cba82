// Part of recent: what is kept of one record, and of one trace. Rows are made of it when somebody looks.
import type { Accepted, DestinationId, Origin, Position, Signal } from '../model/signals.ts';
import { Fate } from './fate.ts';
import type { Place } from './pages.ts';
import type { TraceRow } from './shapes.ts';

export class Kept {
  readonly position: Position;
  readonly signal: Signal;
  readonly receivedAtMs: number;
  /** Of the record, not of what is kept of it. */
  readonly items: number;
  readonly origin: Origin;
  /** Goes up with each change. */
  version = 0;
  place: Place<Kept> | undefined;
  /** Which of the record's items are kept; undefined when all are. */
  indexes: Uint32Array | undefined;
  /** For each kept item its trace's place in `traces`, plus one; 0 for a log record without a trace. */
  owners: Uint32Array = NONE;
  traces: KeptTrace[] = [];
  readonly #fates = new Map<DestinationId, Fate>();

  constructor({ signal, receivedAtMs, summary, origin }: Accepted, position: Position) {
    this.position = position;
    this.signal = signal;
    this.receivedAtMs = receivedAtMs;
    this.items = summary.items;
    this.origin = origin;
  }

  fate(destination: DestinationId): Fate {
    let fate = this.#fates.get(destination);
    if (!fate) {
      fate = new Fate(this.items);
      this.#fates.set(destination, fate);
    }
    return fate;
  }

  /** As the record has them: an export request with the kept items alone, or a run of documents. */
  get payload(): Uint8Array {
    if (!this.place) return NOTHING;
    const { page, from, to } = this.place;
    return page.bytes.subarray(from, to);
  }

  /** The record's item that a kept one is. */
  sourceOf(item: number): number {
    return this.indexes ? (this.indexes[item] ?? 0) : item;
  }

  /** Kept items of a trace, in their order. */
  *itemsOf(trace: KeptTrace): IterableIterator<number> {
    const owner = this.traces.indexOf(trace) + 1;
    if (owner === 0) return;
    for (let item = 0; item < this.owners.length; item++) if (this.owners[item] === owner) yield item;
  }
}

const NONE = new Uint32Array(0);
const NOTHING = new Uint8Array(0);

export class KeptTrace {
  readonly id: string;
  readonly receivedAtMs: number;
  readonly hash: number;
  /** Its spans are in these records, its log records in others of these. */
  readonly parts: Kept[] = [];
  isPartial: boolean;
  version = 0;
  /** Made when somebody looks, and again after a change. */
  row: TraceRow | undefined;

  constructor(id: string, hash: number, receivedAtMs: number, isPartial: boolean) {
    this.id = id;
    this.hash = hash;
    this.receivedAtMs = receivedAtMs;
    this.isPartial = isPartial;
  }

  /** Dead letters of it were sent again. */
  get isReplayed(): boolean {
    return this.parts.some(({ origin }) => origin.only !== undefined);
  }

  /** Of the trace itself and of what became of its items. */
  get lastVersion(): number {
    let version = this.version;
    for (const part of this.parts) version = Math.max(version, part.version);
    return version;
  }
}
