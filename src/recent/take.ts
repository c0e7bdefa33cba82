// Part of recent: what of a record is kept. Bytes are looked at once and copied; nothing is decoded before somebody looks.
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Clock } from '../model/clock.ts';
import type { Accepted } from '../model/signals.ts';
import { Glance, Outline } from '../protocols/otlp/glance.ts';
import { select } from '../protocols/otlp/select.ts';
import { Source } from '../protocols/otlp/source.ts';
import { Choice, hashOf } from './choice.ts';
import type { Heat } from './heat.ts';
import type { Kept } from './kept.ts';
import type { Owner, Store } from './store.ts';
import { takeDocuments } from './take-documents.ts';

/** A look takes a tenth of a microsecond, a new trace about one: well below 5 ms (DESIGN section 1). */
const ITEMS_PER_TURN = 1024;

const NO_TRACE: Owner = { id: '', hash: 0 };

export interface TakeParts {
  store: Store;
  heat: Heat;
  clock: Clock;
}

export class Taker {
  readonly #store: Store;
  readonly #heat: Heat;
  readonly #clock: Clock;
  readonly traceChoice = new Choice();
  readonly #logChoice = new Choice();
  readonly #outline = new Outline();
  readonly #glance = new Glance();
  /** Of the record at hand, by item. */
  #hashes = new Int32Array(1024);
  #traceAts = new Int32Array(1024);
  #wanted = new Uint8Array(1024);
  #slowMs = Number.POSITIVE_INFINITY;
  #slowKnownAtMs = 0;
  #looked = 0;
  #logNumber = 0;

  constructor({ store, heat, clock }: TakeParts) {
    this.#store = store;
    this.#heat = heat;
    this.#clock = clock;
  }

  async take(kept: Kept, { signal, payload, summary }: Accepted): Promise<void> {
    const nowMs = this.#clock.now();
    this.traceChoice.tick(nowMs);
    this.#logChoice.tick(nowMs);
    this.#learnWhatIsSlow(nowMs);
    if (signal === 'segments') {
      const parts = { store: this.#store, heat: this.#heat, choice: this.traceChoice, nowMs };
      await takeDocuments(parts, kept, payload, () =>
        ++this.#looked >= ITEMS_PER_TURN ? this.#rest() : undefined,
      );
      return;
    }
    // A Buffer and a plain Uint8Array are two shapes to the compiler; the loops are to see one.
    const b = new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
    this.#outline.read(b);
    this.#makeScratch(this.#outline.count);
    if (signal === 'traces') await this.#markSpans(b, summary.errors > 0, nowMs);
    else await this.#markLogs(b);
    await this.#keepMarked(kept, signal === 'traces' ? 'traces' : 'logs', b);
  }

  async #markSpans(b: Uint8Array, hasErrors: boolean, nowMs: number): Promise<void> {
    const source = new Source(b);
    const glance = this.#glance;
    const { traceChoice: choice } = this;
    const favoured = new Set<number>();
    for (let item = 0; item < this.#outline.count; item++) {
      glance.span(b, this.#outline.start(item), this.#outline.end(item), hasErrors);
      const hash = glance.traceAt < 0 ? 0 : hashOf(b, glance.traceAt);
      this.#hashes[item] = hash;
      this.#traceAts[item] = glance.traceAt;
      let isSlow = false;
      if (glance.isEntry && glance.durationMs > 0) {
        const { startMs, durationMs, isError, nameFrom, nameTo } = glance;
        isSlow = durationMs > this.#slowMs;
        this.#heat.add(startMs, durationMs, isError, source.recurringText(nameFrom, nameTo), nowMs);
      }
      const isDrawn = choice.takes(hash) || this.#store.knows(hash);
      this.#wanted[item] = isDrawn ? 1 : 0;
      const favour = glance.isError ? 'error' : isSlow ? 'slow' : undefined;
      if (!isDrawn && favour && !favoured.has(hash) && choice.favours(favour)) favoured.add(hash);
      if (++this.#looked >= ITEMS_PER_TURN) await this.#rest();
    }
    if (favoured.size === 0) return;
    for (let item = 0; item < this.#outline.count; item++)
      if (favoured.has(this.#hashes[item]!)) this.#wanted[item] = 1;
  }

  async #markLogs(b: Uint8Array): Promise<void> {
    const glance = this.#glance;
    const choice = this.#logChoice;
    for (let item = 0; item < this.#outline.count; item++) {
      glance.log(b, this.#outline.start(item), this.#outline.end(item));
      const { traceAt } = glance;
      const hash = traceAt < 0 ? this.#logNumber++ : hashOf(b, traceAt);
      this.#hashes[item] = hash;
      this.#traceAts[item] = traceAt;
      const isDrawn = choice.takes(hash);
      if (isDrawn) choice.opened(true);
      const isWanted =
        isDrawn || (traceAt >= 0 && this.#store.knows(hash)) || (glance.isError && choice.favours('error'));
      this.#wanted[item] = isWanted ? 1 : 0;
      if (++this.#looked >= ITEMS_PER_TURN) await this.#rest();
    }
  }

  async #keepMarked(kept: Kept, signal: 'traces' | 'logs', payload: Uint8Array): Promise<void> {
    const { count } = this.#outline;
    const wanted = this.#wanted;
    let wantedCount = 0;
    for (let item = 0; item < count; item++) wantedCount += wanted[item]!;
    if (wantedCount === 0) return this.#store.drop(kept);
    const isAll = wantedCount === count;
    const indexes = isAll ? undefined : new Uint32Array(wantedCount);
    const owners: Owner[] = [];
    for (let item = 0; item < count; item++) {
      if (wanted[item] === 0) continue;
      if (indexes) indexes[owners.length] = item;
      owners.push(this.#ownerOf(item, payload, owners.at(-1)));
      if (++this.#looked >= ITEMS_PER_TURN) await this.#rest();
    }
    const bytes = isAll ? payload : select(signal, payload, (item) => wanted[item] === 1);
    const choice = this.traceChoice;
    const opened = this.#store.keep(kept, { bytes, indexes, owners, isLate: (hash) => !choice.takes(hash) });
    if (signal === 'traces') for (const { hash } of opened) choice.opened(choice.takes(hash));
  }

  /** Spans of a trace stand together more often than not. */
  #ownerOf(item: number, b: Uint8Array, before: Owner | undefined): Owner {
    const at = this.#traceAts[item]!;
    if (at < 0) return NO_TRACE;
    const hash = this.#hashes[item]!;
    const id = Buffer.from(b.buffer, b.byteOffset + at, 16).toString('hex');
    return before?.id === id ? before : { id, hash };
  }

  #makeScratch(count: number): void {
    if (count <= this.#hashes.length) return;
    const length = 2 ** Math.ceil(Math.log2(count));
    this.#hashes = new Int32Array(length);
    this.#traceAts = new Int32Array(length);
    this.#wanted = new Uint8Array(length);
  }

  /** Asked for only where some must be left out. */
  #learnWhatIsSlow(nowMs: number): void {
    if (this.traceChoice.keepsOneIn === 1 || nowMs < this.#slowKnownAtMs + SLOW_KNOWN_MS) return;
    this.#slowKnownAtMs = nowMs;
    this.#slowMs = this.#heat.routes.slowMs(nowMs);
  }

  async #rest(): Promise<void> {
    this.#looked = 0;
    await endOfTurn();
  }
}

const SLOW_KNOWN_MS = 1000;
