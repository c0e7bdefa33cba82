// Part of processors/redact: finds secrets in one text. Each rule reads the text in linear time, whatever the text is.
import { findCardNumbers } from './card-number.ts';
import { isSignature, MAX_NAME_BYTES, NAME_IN_TEXT, type Names } from './names.ts';
import type { Finding } from './rules.ts';

/** Greedy up to the last `@` of the authority: passwords have unescaped ones. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII white space ends a URL, Latin-1's may be a part of a UTF-8 character
const USERINFO = /:\\?\/\\?\/([^\x00-\x20/?#"'<>]+)@/g;
const BEARER = /(?<!\w)bearer[ \t]{1,8}([\w\-.~+/]{6,}={0,2})/gi;
/** RFC 7519: header and payload are JSON objects, so both begin with base64url of `{"`. Of an encrypted one that holds for the header, which names `alg` or `enc`. */
const JWT = /(?<![\w-])(?:eyJ[\w-]{5,}\.eyJ[\w-]*|(?:eyJhbGci|eyJlbmMi)[\w-]*\.[\w-]+)(?:\.[\w-]*){1,3}/g;
/** IAM: ids of long-lived (AKIA) and temporary (ASIA) keys. */
const AWS_KEY = /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9])/g;
const PRIVATE_KEY = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----/g;
const PEM_END = '-----END';
const NAME = new RegExp(NAME_IN_TEXT, 'gi');
/** Between a name and its value, in JSON (perhaps itself in a string), in headers, in assignments and, percent-encoded, in queries. */
const ASSIGNMENT = /(?:\\{0,3}["'])?(?:\]|%5D)?[ \t]{0,8}(?:=>|[:=]|%3[AD])[ \t]{0,8}/iy;
/** Of an option on a command line: another option is no value. */
const GAP = /[ \t]{1,8}(?!-)/y;
const QUOTE = /(\\{0,3})(["'])/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const BARE = /[^\x00-\x20,;&"'<>(){}[\]\\]+/y;
/** Of a header: up to the end of the line or of the string around it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const HEADER_LINE = /[^\x00-\x08\x0a-\x1f"'\\]+/y;
const WHOLE_LINE = /authoriz|cookie/i;
/** 0 is also what a masked number of one digit is. */
const NO_SECRET = /^(?:null|none|nil|true|false|undefined|0|\*+)$/i;

/** In no order; they may overlap. */
export function findSecrets(text: string, names: Names): Finding[] {
  const found: Finding[] = [];
  for (const match of text.matchAll(USERINFO)) {
    const to = match.index + match[0].length - 1;
    found.push({ from: to - match[1]!.length, to, rule: 'url_userinfo' });
  }
  for (const match of text.matchAll(BEARER)) {
    const to = match.index + match[0].length;
    found.push({ from: to - match[1]!.length, to, rule: 'bearer_token' });
  }
  for (const match of text.matchAll(JWT)) found.push(whole(match, 'jwt'));
  for (const match of text.matchAll(AWS_KEY)) found.push(whole(match, 'aws_key'));
  for (const match of text.matchAll(PRIVATE_KEY)) {
    const from = match.index + match[0].length;
    const end = text.indexOf(PEM_END, from);
    found.push({ from, to: end < 0 ? text.length : end, rule: 'private_key' });
    if (end < 0) break;
  }
  for (const range of findCardNumbers(text)) found.push({ ...range, rule: 'card_number' });
  findNamedValues(text, names, found);
  return found;
}

function whole(match: RegExpExecArray, rule: Finding['rule']): Finding {
  return { from: match.index, to: match.index + match[0].length, rule };
}

function findNamedValues(text: string, names: Names, found: Finding[]): void {
  NAME.lastIndex = 0;
  for (let hit = NAME.exec(text); hit; hit = NAME.exec(text)) {
    const [from, to] = nameAround(text, hit.index, NAME.lastIndex);
    NAME.lastIndex = to;
    const name = text.slice(from, to);
    if (names.isAllowed(name)) continue;
    const isInQuery = (text[from - 1] === '?' || text[from - 1] === '&') && text[to] === '=';
    if (!names.isSecret(name) && !(isInQuery && isSignature(name))) continue;
    const value = isElement(text, from, to)
      ? contents(text, to + 1)
      : valueAfter(text, to, !isInQuery && WHOLE_LINE.test(name), name.startsWith('--'));
    if (!value) continue;
    NAME.lastIndex = value.to;
    if (!NO_SECRET.test(text.slice(value.from, Math.min(value.to, value.from + 16))))
      found.push({ ...value, rule: 'secret_name' });
  }
}

/** The name that the hit is a part of. Dots and dashes at its ends are the sentence's. */
function nameAround(text: string, hitFrom: number, hitTo: number): [from: number, to: number] {
  let from = hitFrom;
  let to = hitTo;
  while (from > 0 && hitFrom - from < MAX_NAME_BYTES && isNameChar(text.charCodeAt(from - 1))) from--;
  while (to < text.length && to - hitTo < MAX_NAME_BYTES && isNameChar(text.charCodeAt(to))) to++;
  while (to > hitTo && /[.-]/.test(text[to - 1]!)) to--;
  return [from, to];
}

function isNameChar(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x30 && code <= 0x39) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e
  );
}

/** Of XML: `<password>`. */
function isElement(text: string, from: number, to: number): boolean {
  return text[from - 1] === '<' && text[to] === '>';
}

function contents(text: string, from: number): { from: number; to: number } | undefined {
  const end = text.indexOf('<', from);
  const to = end < 0 ? text.length : end;
  return to > from ? { from, to } : undefined;
}

function valueAfter(
  text: string,
  nameEnd: number,
  isLine: boolean,
  isOption: boolean,
): { from: number; to: number } | undefined {
  const assignment =
    matchAt(ASSIGNMENT, text, nameEnd) ?? (isOption ? matchAt(GAP, text, nameEnd) : undefined);
  if (assignment === undefined) return undefined;
  let from = nameEnd + assignment.length;
  const quote = matchAt(QUOTE, text, from);
  if (quote !== undefined) {
    from += quote.length;
    const to = closingQuote(text, from, quote);
    return to > from ? { from, to } : undefined;
  }
  const bare = matchAt(isLine ? HEADER_LINE : BARE, text, from);
  return bare === undefined ? undefined : { from, to: from + bare.length };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

/** The same quote, behind the same number of backslashes; without one, the text's end. */
function closingQuote(text: string, from: number, quote: string): number {
  const mark = quote.at(-1)!;
  for (let at = text.indexOf(mark, from); at !== -1; at = text.indexOf(mark, at + 1)) {
    let before = at;
    while (before > from && text[before - 1] === '\\') before--;
    if (at - before <= quote.length - 1) return before;
  }
  return text.length;
}
