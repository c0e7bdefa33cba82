// Part of processors/redact: searches bytes for many short texts at once, and for digits.
//
// Of each needle a block of three bytes is looked for, sixteen places at a time, by processor instructions for which JavaScript has
// no words: needles.wat has them. What is found there is compared here.
import { instantiate } from '../../model/wasm.ts';
import { NEEDLES_WASM } from './needles-wasm.ts';

export interface Needle {
  /** Latin-1; `?` is any byte. */
  text: string;
  /** Without it, ASCII letters match in either case. */
  matchCase?: boolean;
}

const BLOCK = 3;
const GROUPS = 8;
const ANY = '?';
const TABLE_BYTES = 16;
/** Behind the tables. So much is copied and searched at once: it stays in the processor's first cache. */
const INPUT = 2 * BLOCK * TABLE_BYTES;
const INPUT_BYTES = 16 * 1024;
/** Digits are looked for in fours. */
const LANE = 4;

interface Candidate {
  needle: Needle;
  /** How far the block is from the needle's beginning. */
  offset: number;
}

export interface Found {
  /** Of a needle that begins at `at`: whether it ends the search. */
  needle(text: string, at: number): boolean;
  /** Of digits around `at`: where to go on behind them; FOUND ends the search. Told of each run of 13 or more, grouped by single spaces and dashes, and of others. */
  digits(at: number): number;
}
export const FOUND = -1;

/** True as soon as it is ended. */
export type Search = (bytes: Uint8Array, found: Found) => boolean;

interface Exports {
  memory: WebAssembly.Memory;
  find(at: number, end: number): number;
  findDigits(at: number, end: number): number;
}

/** Needles have three neighbouring bytes or more that are not any. */
export function createSearch(needles: readonly Needle[]): Search {
  const { memory, find, findDigits } = instantiate<Exports>(NEEDLES_WASM, (exports) => {
    exports.find(INPUT, INPUT);
    exports.findDigits(INPUT, INPUT);
  });
  const candidates = needles.map((needle) => ({ needle, offset: rarestBlock(needle.text) }));
  const groups = grouped(candidates);
  fillTables(new Uint8Array(memory.buffer, 0, INPUT), groups);
  const byBlock = new Map<number, readonly Candidate[]>(groups);
  const input = new Uint8Array(memory.buffer, INPUT);

  function isNeedleIn(bytes: Uint8Array, start: number, end: number, found: Found): boolean {
    for (let place = find(INPUT, end); place !== -1; place = find(place + 1, end)) {
      const at = start + place - INPUT;
      for (const { needle, offset } of byBlock.get(blockAt(bytes, at)) ?? NONE)
        if (standsAt(bytes, at - offset, needle) && found.needle(needle.text, at - offset)) return true;
    }
    return false;
  }

  function areDigitsIn(start: number, end: number, found: Found): boolean {
    let place = findDigits(INPUT, end);
    while (place !== -1) {
      const goOn = found.digits(start + place - INPUT);
      if (goOn === FOUND) return true;
      place = findDigits(INPUT + Math.ceil((goOn - start) / LANE) * LANE, end);
    }
    return false;
  }

  return (bytes, found) => {
    for (let start = 0; start + BLOCK <= bytes.length; start += INPUT_BYTES) {
      const piece = bytes.subarray(start, start + INPUT_BYTES + BLOCK - 1);
      input.set(piece);
      const end = INPUT + piece.length;
      if (isNeedleIn(bytes, start, end - BLOCK + 1, found)) return true;
      if (areDigitsIn(start, end - LANE + 1, found)) return true;
    }
    return false;
  };
}

const NONE: readonly Candidate[] = [];

/** What most bytes are, the most frequent ones first: ids, joints of names, letters of English (Norvig, "English Letter Frequency Counts"). */
const FREQUENT = '0123456789abcdef-_.etaoinsrhldcumfpgwybvkxjqz';

/** Where in the needle the block begins that other texts have least. */
function rarestBlock(text: string): number {
  let best = -1;
  let bestCost = Number.POSITIVE_INFINITY;
  for (let offset = 0; offset + BLOCK <= text.length; offset++) {
    const block = text.slice(offset, offset + BLOCK).toLowerCase();
    if (block.includes(ANY)) continue;
    const cost = [...block].reduce((sum, char) => sum + costOf(char), 0);
    if (cost < bestCost) [best, bestCost] = [offset, cost];
  }
  if (best < 0) throw new RangeError(`a needle of fewer than ${BLOCK} neighbouring bytes`);
  return best;
}

const costOf = (char: string) => {
  const rank = FREQUENT.indexOf(char);
  return rank < 0 ? 0 : FREQUENT.length - rank;
};

/** By block; a byte counts with its low five bits, which makes both cases of a letter one. */
function grouped(candidates: readonly Candidate[]): [number, Candidate[]][] {
  const byBlock = new Map<number, Candidate[]>();
  for (const candidate of candidates) {
    const block = blockAt(Buffer.from(candidate.needle.text, 'latin1'), candidate.offset);
    byBlock.set(block, [...(byBlock.get(block) ?? []), candidate]);
  }
  // Neighbours have a first byte in common, or nearly: their groups have few bits that others have not.
  return [...byBlock].sort(([a], [b]) => (a & 31) - (b & 31) || a - b);
}

function blockAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! & 31) | ((bytes[at + 1]! & 31) << 5) | ((bytes[at + 2]! & 31) << 10);
}

function fillTables(tables: Uint8Array, groups: readonly [number, readonly Candidate[]][]): void {
  for (const [index, [, candidates]] of groups.entries()) {
    const group = 1 << Math.floor((index * GROUPS) / groups.length);
    for (const { needle, offset } of candidates)
      for (let place = 0; place < BLOCK; place++)
        for (const byte of bytesOf(needle, offset + place)) {
          const table = 2 * place * TABLE_BYTES;
          tables[table + (byte & 15)]! |= group;
          tables[table + TABLE_BYTES + (byte >> 4)]! |= group;
        }
  }
}

/** What may stand there. */
function bytesOf({ text, matchCase = false }: Needle, place: number): readonly number[] {
  const char = text.charAt(place);
  const chars = matchCase ? [char] : [char.toLowerCase(), char.toUpperCase()];
  return chars.map((each) => each.charCodeAt(0));
}

function standsAt(bytes: Uint8Array, at: number, { text, matchCase = false }: Needle): boolean {
  if (at < 0 || at + text.length > bytes.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === ANY) continue;
    const byte = bytes[at + i]!;
    const code = text.charCodeAt(i);
    if (byte !== code && (matchCase || foldCase(byte) !== foldCase(code))) return false;
  }
  return true;
}

const foldCase = (code: number) => (code >= 0x41 && code <= 0x5a ? code + 32 : code);
