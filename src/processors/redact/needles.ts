// Part of processors/redact: searches bytes for many short texts at once, by looking at every third place.
//
// Like Wu and Manber's search ("A fast algorithm for multi-pattern searching", 1994), but with steps of one length, so that
// the processor need not wait for one look-up to begin the next. A byte counts with its low five bits, which makes both
// cases of a letter one. Measured on the benchmark's requests: a quarter of the time of one regular expression.

export interface Needle {
  /** Latin-1; `?` is any byte. */
  text: string;
  /** Without it, ASCII letters match in either case. */
  matchCase?: boolean;
}

/** Bytes of each needle that count until it is compared. */
const WINDOW = 5;
const BLOCK = 3;
/** Of so many neighbouring places, one is at the first, second or third block of a needle that begins there. */
const STRIDE = WINDOW - BLOCK + 1;
const ANY = '?';

interface Candidate {
  needle: Needle;
  /** How far the block is from the needle's beginning. */
  offset: number;
}

/** True as soon as `found` says so of a needle that begins at `at`. */
export type Search = (bytes: Uint8Array, found: (needle: string, at: number) => boolean) => boolean;

/** Needles have five bytes or more. */
export function createSearch(needles: readonly Needle[]): Search {
  const isBlock = new Uint8Array(1 << (5 * BLOCK));
  const candidates = new Map<number, Candidate[]>();
  for (const needle of needles) {
    if (needle.text.length < WINDOW) throw new RangeError(`a needle of fewer than ${WINDOW} bytes`);
    for (let offset = 0; offset < STRIDE; offset++) {
      for (const block of blocksOf(needle.text.slice(offset, offset + BLOCK))) {
        isBlock[block] = 1;
        candidates.set(block, [...(candidates.get(block) ?? []), { needle, offset }]);
      }
    }
  }

  return (bytes, found) => {
    const end = bytes.length - BLOCK;
    for (let at = 0; at <= end; at += STRIDE) {
      const block = (bytes[at]! & 31) | ((bytes[at + 1]! & 31) << 5) | ((bytes[at + 2]! & 31) << 10);
      if (isBlock[block] === 0) continue;
      for (const { needle, offset } of candidates.get(block)!)
        if (standsAt(bytes, at - offset, needle) && found(needle.text, at - offset)) return true;
    }
    return false;
  };
}

function blocksOf(chars: string): number[] {
  let blocks = [0];
  for (const [place, char] of [...chars].entries()) {
    const low = char === ANY ? Array.from({ length: 32 }, (_, i) => i) : [char.charCodeAt(0) & 31];
    blocks = blocks.flatMap((block) => low.map((bits) => block | (bits << (5 * place))));
  }
  return blocks;
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
