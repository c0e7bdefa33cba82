// Part of recent: what is kept, found by position, by trace and by age. Bounded in bytes: the oldest page goes with all that is in it.
import type { Position } from '../model/signals.ts';
import { type Kept, KeptTrace } from './kept.ts';
import { Pages } from './pages.ts';

/** About what their objects take on the heap, a row included. */
const TRACE_BYTES = 1500;
const RECORD_BYTES = 600;
const ITEM_BYTES = 8;
const ENDINGS = 65_536;
/** Of the bound, for pages: one record may not push out everything else. */
const LARGEST_SHARE = 4;

/** What is cut out of a record, with the trace of each item. */
export interface Cut {
  bytes: Uint8Array;
  /** Which items; undefined when all are kept. */
  indexes: Uint32Array | undefined;
  /** 32 hex digits and hash for each item; '' without a trace. */
  owners: readonly Owner[];
  /** Whose earlier items may be missing. */
  isLate(hash: number): boolean;
}

export interface Owner {
  id: string;
  hash: number;
}

export class Store {
  readonly maxBytes: number;
  /** Oldest first. */
  readonly traces = new Map<string, KeptTrace>();
  /** Records of logs, oldest first. */
  readonly logs = new Set<Kept>();
  readonly #records = new Map<Position, Kept>();
  readonly #hashes = new Set<number>();
  /** How many of those end in these bits: most questions are answered here. */
  readonly #endings = new Uint16Array(ENDINGS);
  readonly #pages: Pages<Kept>;
  #objectBytes = 0;
  #version = 0;
  logItems = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
    this.#pages = new Pages(maxBytes);
  }

  get bytes(): number {
    return this.#pages.bytes + this.#objectBytes;
  }

  /** Of the newest change. */
  get version(): number {
    return this.#version;
  }

  knows(hash: number): boolean {
    return this.#endings[hash & (ENDINGS - 1)]! > 0 && this.#hashes.has(hash);
  }

  at(position: Position): Kept | undefined {
    return this.#records.get(position);
  }

  records(): IterableIterator<Kept> {
    return this.#records.values();
  }

  /** From here on its settlements are noted; whether anything of it is kept is decided soon. */
  expect(kept: Kept): void {
    this.#records.set(kept.position, kept);
  }

  drop(kept: Kept): void {
    this.#records.delete(kept.position);
  }

  changed(kept: Kept): void {
    kept.version = ++this.#version;
  }

  /** Returns the traces that were not known before. */
  keep(kept: Kept, cut: Cut): readonly KeptTrace[] {
    if (cut.bytes.length > this.maxBytes / LARGEST_SHARE) {
      this.drop(kept);
      return [];
    }
    kept.place = this.#pages.put(cut.bytes, kept);
    kept.indexes = cut.indexes;
    kept.owners = new Uint32Array(cut.owners.length);
    const opened: KeptTrace[] = [];
    const places = new Map<string, number>();
    cut.owners.forEach(({ id, hash }, item) => {
      if (id === '') return;
      let place = places.get(id);
      if (place === undefined) {
        const trace =
          this.traces.get(id) ?? this.#open(id, hash, kept.receivedAtMs, cut.isLate(hash), opened);
        trace.parts.push(kept);
        trace.version = ++this.#version;
        place = kept.traces.push(trace);
        places.set(id, place);
      }
      kept.owners[item] = place;
    });
    if (kept.signal === 'logs') {
      this.logs.add(kept);
      this.logItems += kept.owners.length;
    }
    this.changed(kept);
    this.#objectBytes += bytesOf(kept);
    this.#makeRoom();
    return opened;
  }

  #open(id: string, hash: number, receivedAtMs: number, isPartial: boolean, opened: KeptTrace[]): KeptTrace {
    const trace = new KeptTrace(id, hash, receivedAtMs, isPartial);
    this.traces.set(id, trace);
    if (!this.#hashes.has(hash)) this.#endings[hash & (ENDINGS - 1)]! += 1;
    this.#hashes.add(hash);
    this.#objectBytes += TRACE_BYTES;
    opened.push(trace);
    return trace;
  }

  #makeRoom(): void {
    while (this.bytes > this.maxBytes) {
      const gone = this.#pages.dropOldest();
      if (!gone) return;
      for (const kept of gone) this.#forget(kept);
    }
  }

  /** A trace goes whole: half of one would look like a loss. */
  #forget(kept: Kept): void {
    this.#records.delete(kept.position);
    this.#objectBytes -= bytesOf(kept);
    if (this.logs.delete(kept)) this.logItems -= kept.owners.length;
    kept.place = undefined;
    for (const trace of kept.traces) {
      if (this.traces.get(trace.id) !== trace) continue;
      // Its log records alone do not keep a trace, and do not end it.
      if (kept.signal === 'logs' && trace.parts.some(({ signal, place }) => place && signal !== 'logs')) {
        trace.parts.splice(trace.parts.indexOf(kept), 1);
        continue;
      }
      this.traces.delete(trace.id);
      if (this.#hashes.delete(trace.hash)) this.#endings[trace.hash & (ENDINGS - 1)]! -= 1;
      this.#objectBytes -= TRACE_BYTES;
    }
  }
}

function bytesOf(kept: Kept): number {
  return RECORD_BYTES + kept.owners.length * ITEM_BYTES;
}
