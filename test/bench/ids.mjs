// Part of the tests: ids of the benchmark's items. They look random, so that compression gains nothing, and tell their number.

const LOW = 0x85ebca6b;
const HIGH = 0xc2b2ae35;

/** Newton's iteration: an odd number has an inverse modulo 2^32, and each step doubles its correct bits. */
function inverseOf(odd) {
  let inverse = odd;
  for (let step = 0; step < 5; step += 1) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}
const LOW_INVERSE = inverseOf(LOW);

const mixed = (word) => Math.imul(word ^ (word >>> 15), HIGH) >>> 0;

/** The two halves of the id of item `index`; never zero, which OTLP reads as absent. */
export function idWords(index) {
  const low = Math.imul(index + 1, LOW) >>> 0;
  return [mixed(low), low];
}

export const idText = (index) => idWords(index).map(word8).join('');

/** -1 for an id that no generator made. */
export function indexOfWords(high, low) {
  return mixed(low) === high ? (Math.imul(low, LOW_INVERSE) >>> 0) - 1 : -1;
}

export const indexOfText = (id) =>
  indexOfWords(Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8, 16), 16));

/** The 24 hex digits of a trace id after the eight of its second, in three words. */
export const traceWords = (index) => [mixed(index + 1), mixed(~index), Math.imul(index + 1, HIGH) >>> 0];

export const word8 = (word) => word.toString(16).padStart(8, '0');

/** mulberry32: small, seeded, good enough for times and sizes. */
export function seededRandom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}
