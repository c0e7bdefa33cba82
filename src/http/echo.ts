// Part of http: keys that an answer says back are masked in it. Answers are shown, logged and kept with dead letters, and AWS quotes
// the headers that it checked where a signature does not match, its session token among them.
import type { HttpAnswer } from './client.ts';

/** `authorization`, `proxy-authorization`, `x-honeycomb-team`, `x-rollbar-access-token`, `x-amz-security-token`. */
const OF_A_KEY = /authorization$|-team$|-token$/i;
/** Shorter values open nothing, and stand in many texts. */
const MIN_CHARS = 8;

/**
 * What an answer to a request with these headers may not show: the values of keys, alone and as JSON and URLs write them. Without those
 * that have no room in `longest` chars.
 */
export function keysIn(
  headers: Readonly<Record<string, string>>,
  longest = Number.POSITIVE_INFINITY,
): string[] {
  const forms = new Set<string>();
  for (const name in headers) {
    if (!OF_A_KEY.test(name)) continue;
    const value = headers[name] as string;
    // Of `Bearer <key>` and `Basic <key>`, the key stands alone elsewhere.
    for (const key of [value, value.slice(value.lastIndexOf(' ') + 1)])
      if (key.length >= MIN_CHARS && key.length <= longest)
        for (const form of [key, key.replaceAll('/', '\\/'), encodeURIComponent(key)]) forms.add(form);
  }
  return [...forms];
}

/** The length of an answer's longest part. */
export function longestPart({ headers, body }: HttpAnswer): number {
  let longest = body.length;
  for (const name in headers) longest = Math.max(longest, headers[name]?.length ?? 0);
  return longest;
}

/** Overwrites the body, which is nobody else's yet. */
export function withoutKeys(answer: HttpAnswer, keys: readonly string[]): HttpAnswer {
  const body = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.length);
  let { headers } = answer;
  for (const key of keys) {
    // Most answers are shorter than the key.
    for (let at = placeOf(key, body); at >= 0; at = body.indexOf(key, at + key.length))
      body.fill('*', at, at + Buffer.byteLength(key));
    if (isIn(key, headers)) headers = masked(headers, key);
  }
  return { ...answer, headers };
}

const placeOf = (key: string, body: Buffer) => (key.length > body.length ? -1 : body.indexOf(key));

type Headers = HttpAnswer['headers'];

function isIn(key: string, headers: Headers): boolean {
  for (const name in headers) if (headers[name]?.includes(key)) return true;
  return false;
}

function masked(headers: Headers, key: string): Headers {
  const stars = '*'.repeat(key.length);
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replaceAll(key, stars)]),
  );
}
