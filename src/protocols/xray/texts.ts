// Part of protocols/xray: walks every string and number of a document where it stands in the bytes. It takes whatever looks
// like JSON, as SDKs write it, and never throws: what is no JSON has no strings, or strings that end where the text does.

/** `C` is whatever the names above a value come to. A `string` is what is between its quotes, escapes as written. */
export interface DocumentVisitor<C> {
  under(name: string, context: C): C;
  value(context: C, from: number, to: number, kind: 'string' | 'number'): void;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

export function eachJsonText<C>(
  document: Buffer,
  from: number,
  to: number,
  outermost: C,
  visitor: DocumentVisitor<C>,
): void {
  const stack: C[] = [outermost];
  /** Of the member whose value comes next. */
  let named: { context: C } | undefined;
  const around = () => stack.at(-1) ?? outermost;
  const context = () => (named ? named.context : around());
  let at = from;
  while (at < to) {
    const byte = document[at]!;
    if (byte === QUOTE) {
      const close = endOfString(document, at, to);
      const after = skipSpaces(document, close + 1, to);
      if (document[after] === COLON && after < to) {
        named = { context: visitor.under(nameIn(document, at + 1, close), around()) };
        at = after + 1;
        continue;
      }
      visitor.value(context(), at + 1, Math.min(close, to), 'string');
      at = close + 1;
      continue;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      stack.push(context());
      named = undefined;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      if (stack.length > 1) stack.pop();
      named = undefined;
    } else if (byte === COMMA) named = undefined;
    else if (byte === MINUS || isDigit(byte)) {
      const end = endOfNumber(document, at, to);
      visitor.value(context(), at, end, 'number');
      at = end;
      continue;
    }
    at++;
  }
}

const MAX_NAME_BYTES = 256;

function nameIn(document: Buffer, from: number, to: number): string {
  const raw = document.toString('utf8', from, Math.min(to, from + MAX_NAME_BYTES));
  if (!raw.includes('\\')) return raw;
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

/** Where the closing quote is, or `end`. */
function endOfString(document: Buffer, open: number, end: number): number {
  let at = open + 1;
  while (at < end && document[at] !== QUOTE) at += document[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, end);
}

function endOfNumber(document: Buffer, from: number, end: number): number {
  let at = from + 1;
  // Digits, sign, point, exponent.
  while (at < end && (isDigit(document[at]!) || [0x2b, 0x2d, 0x2e, 0x45, 0x65].includes(document[at]!))) at++;
  return at;
}

function skipSpaces(document: Buffer, from: number, end: number): number {
  let at = from;
  while (at < end && document[at]! <= 0x20) at++;
  return at;
}

const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39;

/** What a string says, and where each of its characters begins in the bytes, with the end as one more. Latin-1, as bytes are. */
export interface Unescaped {
  text: string;
  offsets: readonly number[];
}

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** `raw`: what is between the quotes, as Latin-1. Characters beyond U+00FF stand as `?`: no rule is about them. */
export function readEscapes(raw: string): Unescaped {
  const offsets: number[] = [];
  let text = '';
  for (let at = 0; at < raw.length; ) {
    offsets.push(at);
    const char = raw[at]!;
    if (char !== '\\') {
      text += char;
      at += 1;
      continue;
    }
    const letter = raw[at + 1] ?? '';
    const hex = letter === 'u' ? /^[0-9a-f]{4}/i.exec(raw.slice(at + 2, at + 6))?.[0] : undefined;
    if (hex !== undefined) {
      const code = Number.parseInt(hex, 16);
      text += code < 0x100 ? String.fromCharCode(code) : '?';
      at += 6;
    } else {
      text += ESCAPES[letter] ?? (letter === '' ? char : letter);
      at += 2;
    }
  }
  offsets.push(raw.length);
  return { text, offsets };
}
