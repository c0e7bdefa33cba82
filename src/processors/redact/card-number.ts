// Part of processors/redact: card numbers: 13 to 19 digits, perhaps in groups, that a card company gives out and whose check digit is right.

/** Groups as on cards, the first of four digits or more. Not within a longer number, word or id. A dot before or after makes it a version, an amount or a time. */
const CARD_LIKE = /(?<![\w.-])\d{4}(?:[ -]?\d){9,15}(?![\w-]|\.\d)/g;
/** Visa, Mastercard, American Express, Diners, Discover, JCB: ISO/IEC 7812 prefixes with the lengths in use. */
const ISSUED =
  /^(?:4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12}(?:\d{3})?|35(?:2[89]|[3-8]\d)\d{12})$/;

export interface Range {
  from: number;
  to: number;
}

export function findCardNumbers(text: string): Range[] {
  const found: Range[] = [];
  CARD_LIKE.lastIndex = 0;
  for (let match = CARD_LIKE.exec(text); match; match = CARD_LIKE.exec(text)) {
    const digits = match[0].replace(/[ -]/g, '');
    if (ISSUED.test(digits) && passesLuhn(digits))
      found.push({ from: match.index, to: match.index + match[0].length });
    // The number may begin with the next group: `12 4111 1111 1111 1111`.
    else CARD_LIKE.lastIndex = match.index + 1;
  }
  return found;
}

/** ISO/IEC 7812-1, annex B. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = i % 2 === 0 ? digit : digit * 2;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** The digits, spaces and dashes around `at`. */
export function runOfDigits(bytes: Uint8Array, at: number): Range {
  let from = at;
  let to = at;
  while (from > 0 && at - from <= MAX_RUN_BYTES && isPart(bytes[from - 1]!)) from--;
  while (to < bytes.length && to - at <= MAX_RUN_BYTES && isPart(bytes[to]!)) to++;
  return { from, to };
}

/** Of a run. */
export function mayBeCardNumber(bytes: Buffer, { from, to }: Range): boolean {
  if (to - from < 13) return false;
  return to - from > MAX_RUN_BYTES || holdsCardNumber(bytes.toString('latin1', from, to));
}

/** More is no number, and reading it several times would cost: that is for the rule to look at, once. */
const MAX_RUN_BYTES = 64;
/** Protobuf's length before a text, and its tag and length after it, may look like digits. */
const MAX_LOOKALIKES = { before: 1, after: 3 };

function holdsCardNumber(run: string): boolean {
  for (let before = 0; before <= MAX_LOOKALIKES.before; before++)
    for (let after = 0; after <= MAX_LOOKALIKES.after; after++)
      if (findCardNumbers(run.slice(before, run.length - after)).length > 0) return true;
  return false;
}

const isPart = (byte: number) => (byte >= 0x30 && byte <= 0x39) || byte === 0x20 || byte === 0x2d;
