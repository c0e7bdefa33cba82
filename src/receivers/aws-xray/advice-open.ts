// Part of receivers/aws-xray: what was sent in progress and waits for its completion.
import type { Skimmed } from '../../protocols/xray/skim.ts';

/** As long as the longest Lambda function may run. */
export const OPEN_MS = 15 * 60_000;
const MAX_OPEN = 64;
/** Every SDK writes a document's own id among the first members. */
const HEAD_BYTES = 256;
const ID_DIGITS = 16;

interface Open extends Skimmed {
  sinceMs: number;
}

/** Looks at every document, but only at its head, and only while something is open. */
export class OpenSegments {
  readonly #open = new Map<string, Open>();
  /** By a few bits of the id: nearly every document is none of those. */
  readonly #maybe = new Uint8Array(256);

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  /** Beyond the bound it is not watched. */
  watch(skimmed: Skimmed, nowMs: number): void {
    if (this.#open.size >= MAX_OPEN || this.#open.has(skimmed.id)) return;
    this.#open.set(skimmed.id, { ...skimmed, sinceMs: nowMs });
    this.#remember();
  }

  /** A later document with this id completes it; one that says again that it is in progress is rare enough not to matter. */
  see(payload: Buffer, start: number, end: number): void {
    const at = idIn(payload, start, Math.min(end, start + HEAD_BYTES));
    if (at < 0 || this.#maybe[bitsOf(payload, at)] === 0) return;
    if (this.#open.delete(payload.toString('latin1', at, at + ID_DIGITS).toLowerCase())) this.#remember();
  }

  /** Those that were open too long; they are not watched any more. */
  overdue(nowMs: number): readonly Skimmed[] {
    const late: Skimmed[] = [];
    for (const [id, open] of this.#open) {
      if (nowMs - open.sinceMs < OPEN_MS) break;
      late.push(open);
      this.#open.delete(id);
    }
    if (late.length > 0) this.#remember();
    return late;
  }

  #remember(): void {
    this.#maybe.fill(0);
    for (const id of this.#open.keys()) this.#maybe[bitsOf(Buffer.from(id), 0)] = 1;
  }
}

const QUOTE = 0x22;
const [LOWER_I, LOWER_D] = [0x69, 0x64];

/** Where the digits of the first `"id"` are; -1 without one. */
function idIn(payload: Buffer, start: number, end: number): number {
  for (let at = start; at + 4 + ID_DIGITS < end; at++) {
    const isKey =
      payload[at] === QUOTE &&
      payload[at + 1] === LOWER_I &&
      payload[at + 2] === LOWER_D &&
      payload[at + 3] === QUOTE;
    if (!isKey) continue;
    const open = payload.indexOf(QUOTE, at + 4);
    return open < 0 || open > at + 8 ? -1 : open + 1;
  }
  return -1;
}

/** Of the last two digits, in either case. */
const bitsOf = (bytes: Buffer, at: number): number =>
  (((bytes[at + ID_DIGITS - 1] as number) & 0x5f) * 7 + ((bytes[at + ID_DIGITS - 2] as number) & 0x5f)) &
  0xff;
