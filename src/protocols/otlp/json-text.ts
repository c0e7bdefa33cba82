// Part of protocols/otlp: finds the values in a JSON text without parsing all of it, so that a large text can be taken
// in small steps.
import { MalformedError } from './malformed.ts';
import { MAX_DEPTH } from './wire.ts';

/** An attribute value nested once more costs three brackets. */
const MAX_BRACKETS = MAX_DEPTH * 3 + 50;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

export class JsonText {
  readonly #text: string;
  pos: number;

  constructor(text: string) {
    this.#text = text;
    // A byte order mark is allowed to be ignored (RFC 8259, 8.1).
    this.pos = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  }

  /** The next character that is not white space; '' at the end. */
  peek(): string {
    for (;;) {
      const code = this.#text.charCodeAt(this.pos);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
      this.pos++;
    }
    return this.#text.charAt(this.pos);
  }

  /** True, and past it, when `character` comes next. */
  take(character: string): boolean {
    if (this.peek() !== character) return false;
    this.pos++;
    return true;
  }

  expect(character: string, path: string): void {
    if (!this.take(character)) throw this.#invalid(path);
  }

  expectEnd(): void {
    if (this.peek() !== '') throw this.#invalid('after the body');
  }

  key(path: string): string {
    if (this.peek() !== '"') throw this.#invalid(path);
    const from = this.pos;
    this.#skipString(path);
    return this.#parse(from, path) as string;
  }

  /** The next value, whatever it is, parsed. */
  value(path: string): unknown {
    this.peek();
    const from = this.pos;
    this.#skipValue(path);
    return this.#parse(from, path);
  }

  #parse(from: number, path: string): unknown {
    const text = this.#text.slice(from, this.pos);
    try {
      return JSON.parse(quoteLongIntegers(text));
    } catch {
      throw new MalformedError(`${path || 'the body'}: not valid JSON, near character ${from + 1}`);
    }
  }

  #skipValue(path: string): void {
    const text = this.#text;
    let depth = 0;
    do {
      if (this.pos >= text.length) throw this.#invalid(path);
      const code = text.charCodeAt(this.pos);
      if (code === QUOTE) this.#skipString(path);
      else if (code === 0x7b || code === 0x5b) {
        if (++depth > MAX_BRACKETS) throw new MalformedError(`${path}: nested too deeply`);
        this.pos++;
      } else if (code === 0x7d || code === 0x5d) {
        if (depth-- === 0) throw this.#invalid(path);
        this.pos++;
      } else if (depth === 0) this.#skipWord();
      else this.pos++;
    } while (depth > 0);
  }

  /** A number, true, false or null. */
  #skipWord(): void {
    const word = /[^\s,\]}]*/y;
    word.lastIndex = this.pos;
    word.test(this.#text);
    this.pos = Math.max(word.lastIndex, this.pos);
  }

  #skipString(path: string): void {
    const end = endOfString(this.#text, this.pos);
    if (end < 0) throw this.#invalid(path);
    this.pos = end;
  }

  #invalid(path: string): MalformedError {
    return new MalformedError(`${path || 'the body'}: not valid JSON, near character ${this.pos + 1}`);
  }
}

/** The position after the string that begins at `pos`; -1 when it does not end. */
function endOfString(text: string, pos: number): number {
  for (let at = text.indexOf('"', pos + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === BACKSLASH) before--;
    // After an even number of backslashes the quote itself is not escaped.
    if ((at - before) % 2 === 0) return at + 1;
  }
  return -1;
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const LONG_INTEGER = /^-?\d{16,}$/;

/**
 * JSON.parse would round integers beyond 2^53, such as nanosecond times written as numbers. As strings they keep their
 * digits, and OTLP/JSON takes strings for integers anyway.
 */
function quoteLongIntegers(text: string): string {
  if (!/[:,[]\s*-?\d{16}/.test(text)) return text;
  let quoted = '';
  for (let at = 0; at < text.length; ) {
    const nextString = text.indexOf('"', at);
    const from = nextString < 0 ? text.length : nextString;
    quoted += text
      .slice(at, from)
      .replace(NUMBER, (token) => (LONG_INTEGER.test(token) ? `"${token}"` : token));
    const to = from === text.length ? from : endOfString(text, from);
    // What does not end is for JSON.parse to complain about.
    at = to < 0 ? text.length : to;
    quoted += text.slice(from, at);
  }
  return quoted;
}
