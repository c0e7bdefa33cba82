// Part of protocols/xray: reads a span's attributes and remembers which ones found a place in the document.
import type { Attributes, AttributeValue } from '../../../model/otlp.ts';

export interface Reader {
  readonly attributes: Attributes;
  /** Keys whose value is in the document already; the others become annotations and metadata (rest.ts). */
  readonly used: Set<string>;
}

/** Generic strings of a document are at most 250 characters (X-Ray developer guide). */
const MAX_TEXT_CHARS = 250;

export function createReader(attributes: Attributes): Reader {
  return { attributes, used: new Set() };
}

/** The text of `key`, else of its older name. Uses nothing up. */
export function peekText(reader: Reader, key: string, olderKey?: string): string | undefined {
  const value = reader.attributes.get(key);
  if (typeof value === 'string' && value !== '') return value;
  return olderKey === undefined ? undefined : peekText(reader, olderKey);
}

/** As peekText, and uses it up, unless it is too long to be in the document whole. */
export function takeText(reader: Reader, key: string, olderKey?: string): string | undefined {
  const text = peekText(reader, key, olderKey);
  if (text === undefined) return undefined;
  if (text.length > MAX_TEXT_CHARS) return shorten(text);
  use(reader, key, text);
  if (olderKey !== undefined) use(reader, olderKey, text);
  return text;
}

/** Instrumentations write numbers as text, too. */
export function peekNumber(reader: Reader, key: string, olderKey?: string): number | undefined {
  const value = reader.attributes.get(key);
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  return olderKey === undefined ? undefined : peekNumber(reader, olderKey);
}

export function takeNumber(reader: Reader, key: string, olderKey?: string): number | undefined {
  const number = peekNumber(reader, key, olderKey);
  if (number === undefined) return undefined;
  if (peekNumber(reader, key) === number) reader.used.add(key);
  if (olderKey !== undefined && peekNumber(reader, olderKey) === number) reader.used.add(olderKey);
  return number;
}

/** Both the new and the old name of one thing are used up when they say the same. */
function use(reader: Reader, key: string, value: AttributeValue): void {
  if (reader.attributes.get(key) === value) reader.used.add(key);
}

/** Cut where no character is torn apart. */
export function shorten(text: string, maxChars = MAX_TEXT_CHARS): string {
  if (text.length <= maxChars) return text;
  const last = text.charCodeAt(maxChars - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? maxChars - 1 : maxChars);
}
