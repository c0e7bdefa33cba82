// Part of processors/redact: whether a buffer may hold anything that a rule matches. Nearly all hold nothing, and are not touched.
import { mayBeCardNumber, runOfDigits } from './card-number.ts';
import { isOfNoSecret, NAME_NEEDLES } from './names.ts';
import { createSearch, FOUND, type Needle } from './needles.ts';

export type Prefilter = (payload: Uint8Array, isJson: boolean) => boolean;

const VALUE_NEEDLES: readonly Needle[] = [
  { text: 'bearer' },
  { text: '-----BEGIN', matchCase: true },
  { text: '?AKIA', matchCase: true },
  { text: '?ASIA', matchCase: true },
  // base64url of `{"`, after the first dot of a signed token, and what the header of an encrypted one begins with.
  { text: '?.eyJ', matchCase: true },
  { text: 'eyJhbGci', matchCase: true },
  { text: 'eyJlbmMi', matchCase: true },
];
const AT = 0x40;
const SLASH = 0x2f;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const UNICODE_ESCAPE = Buffer.from('\\u');

/** `names`: further ones; where one of them cannot be searched for, nothing is taken for clean. */
export function createPrefilter(names: readonly string[]): Prefilter {
  const own = names.map((name) => ({ text: name.length < 5 ? `?${name}?`.slice(0, 5) : name }));
  if (own.some(({ text }) => !/^[\w.?-]{5,}$/.test(text) || !/[\w.-]{3}/.test(text))) return () => true;
  const search = createSearch([...NAME_NEEDLES, ...VALUE_NEEDLES, ...own]);
  return (payload, isJson) => {
    // A Buffer and a plain Uint8Array are two shapes to the compiler; the loops are to see one.
    const bytes = new Uint8Array(payload.buffer, payload.byteOffset, payload.length);
    const buffer = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
    return (
      search(bytes, {
        needle: (text, at) => !isOfNoSecret(text, bytes, at, isJson),
        digits: (at) => {
          const run = runOfDigits(bytes, at);
          return mayBeCardNumber(buffer, run) ? FOUND : run.to;
        },
      }) ||
      mayHoldUserinfo(buffer) ||
      (isJson && buffer.includes(UNICODE_ESCAPE))
    );
  };
}

/** `://` somewhere before an `@`, with nothing between that ends a URL's authority. Reads no byte twice. */
function mayHoldUserinfo(bytes: Buffer): boolean {
  let readTo = 0;
  for (let at = bytes.indexOf(AT); at !== -1; at = bytes.indexOf(AT, at + 1)) {
    let from = at - 1;
    while (from >= readTo && !endsAuthority(bytes[from]!)) from--;
    if (from >= readTo && beginsAuthority(bytes, from)) return true;
    readTo = at;
  }
  return false;
}

/** Whether the second slash of `://` stands there. Without the colon, one in sixteen requests of 513 spans had it while a byte of the time was an `@`. */
function beginsAuthority(bytes: Uint8Array, slash: number): boolean {
  if (bytes[slash] !== SLASH) return false;
  const first = beforeEscape(bytes, slash);
  return bytes[first] === SLASH && bytes[beforeEscape(bytes, first)] === COLON;
}

/** In JSON within JSON a slash may have any number of backslashes before it. */
function beforeEscape(bytes: Uint8Array, at: number): number {
  let before = at - 1;
  while (bytes[before] === BACKSLASH) before--;
  return before;
}

/** RFC 3986, 3.2, and what surrounds URLs in text. */
function endsAuthority(byte: number): boolean {
  return (
    byte <= 0x20 ||
    byte === SLASH ||
    byte === 0x3f ||
    byte === 0x23 ||
    byte === 0x22 ||
    byte === 0x27 ||
    byte === 0x3c ||
    byte === 0x3e
  );
}
