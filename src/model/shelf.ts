// Part of the model: texts that wait to be sent, as bytes outside V8's heap. Strings that wait are copied twice by the collector of
// the young generation; then the old one grows by them, and each few MB of that are a mark of the whole heap (measured: a third of
// the CPU of spans on their way to four destinations was the collector's).
import type { BufferPool } from './buffer-pool.ts';

/** The bytes from <= at < to of a board, until it is taken off. */
export interface Shelved {
  readonly board: Board;
  readonly from: number;
  readonly to: number;
}

interface Board {
  readonly bytes: Buffer;
  /** Texts that nobody has taken off yet. */
  held: number;
}

const BOARD_BYTES = 64 * 1024;

export class Shelf {
  readonly #pool: BufferPool;
  #board: Board | undefined;
  #end = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** A copy. */
  putCopy(copied: Uint8Array): Shelved {
    const place = this.#room(copied.length);
    place.board.bytes.set(copied, place.from);
    return place;
  }

  /** Those bytes between two texts of ASCII. */
  putBetween(head: string, copied: Uint8Array, tail: string): Shelved {
    const place = this.#room(head.length + copied.length + tail.length);
    const { bytes } = place.board;
    const from = place.from + bytes.write(head, place.from, 'latin1');
    bytes.set(copied, from);
    bytes.write(tail, from + copied.length, 'latin1');
    return place;
  }

  /** Sent: nobody looks at them again. What is never taken off is the collector's, with all that stands beside it. */
  takeOff(texts: Iterable<Shelved>): void {
    for (const { board } of texts) {
      board.held -= 1;
      if (board.held === 0 && board !== this.#board) this.#pool.give(board.bytes);
    }
  }

  #room(bytes: number): Shelved {
    const board = this.#boardFor(bytes);
    const from = this.#end;
    board.held += 1;
    this.#end += bytes;
    return { board, from, to: this.#end };
  }

  #boardFor(bytes: number): Board {
    const board = this.#board;
    if (board?.held === 0) this.#end = 0;
    if (board && this.#end + bytes <= board.bytes.length) return board;
    if (board?.held === 0) this.#pool.give(board.bytes);
    this.#board = { bytes: this.#pool.take(Math.max(bytes, BOARD_BYTES)), held: 0 };
    this.#end = 0;
    return this.#board;
  }
}

/** Only until the text is taken off. */
export function bytesOf({ board, from, to }: Shelved): Buffer {
  return board.bytes.subarray(from, to);
}

/** Writes them one after the other with a comma between. Returns where they end. */
export function joinInto(target: Buffer, at: number, texts: readonly Shelved[]): number {
  let end = at;
  for (const [index, { board, from, to }] of texts.entries()) {
    if (index > 0) target[end++] = COMMA;
    end += board.bytes.copy(target, end, from, to);
  }
  return end;
}

const COMMA = 0x2c;

/** What `joinInto` writes. */
export function joinedBytes(texts: readonly Shelved[]): number {
  return texts.reduce((sum, { from, to }) => sum + to - from, Math.max(0, texts.length - 1));
}
