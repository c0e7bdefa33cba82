// Part of protocols/xray: JSON as SDKs really write it, and careful reading of values of any type.

export interface JsonObject {
  readonly [key: string]: unknown;
}

/** A string and nothing else; '' counts as absent. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A finite number, also when it was written as a string. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list; whatever else is in it is left out. */
export function asObjects(value: unknown): JsonObject[] {
  return asArray(value).filter((member) => asObject(member) !== undefined) as JsonObject[];
}

/** JSON.parse, and where that fails the same with what Python adds: NaN, Infinity, raw control characters in strings. */
export function parseLenientJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(relaxed(text));
    } catch {
      return undefined;
    }
  }
}

/** A string without its end runs to the end of the text: looking for one from each quote again is quadratic. */
const STRING_OR_WORD = /"[^"\\]*(?:\\[\s\S][^"\\]*)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
const CONTROL = /[\u0000-\u001f]/g;

/** The words become strings, as protobuf's JSON writes them; strings that contain the words stay as they are. */
function relaxed(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(STRING_OR_WORD, (token) => {
    if (!token.startsWith('"')) return `"${token}"`;
    return token.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  });
}
