// Part of http: keys that an answer says back are masked in it. Answers are shown, logged and kept with dead letters, and AWS quotes
// the headers that it checked where a signature does not match, its session token among them.
import type { HttpAnswer } from './client.ts';

/** `authorization`, `proxy-authorization`, `x-honeycomb-team`, `x-rollbar-access-token`, `x-amz-security-token`. */
const OF_A_KEY = /authorization$|-team$|-token$/i;
/** Shorter values open nothing, and stand in many texts. */
const MIN_CHARS = 8;

type Headers = Readonly<Record<string, string>>;

/**
 * The answer to a request with these headers, without the values of its keys, alone and as JSON and URLs write them. Overwrites the body,
 * which is nobody else's yet.
 */
export function withoutKeys(answer: HttpAnswer, sent: Headers): HttpAnswer {
  const keys = keysIn(sent, longestPart(answer));
  // Most answers are shorter than any key.
  if (keys.length === 0) return answer;
  const body = Buffer.from(answer.body.buffer, answer.body.byteOffset, answer.body.length);
  for (const key of keys)
    for (let at = body.indexOf(key); at >= 0; at = body.indexOf(key, at + key.length))
      body.fill('*', at, at + Buffer.byteLength(key));
  const headers = Object.entries(answer.headers).map(([name, value]) => [
    name,
    keys.reduce((shown, key) => shown.replaceAll(key, '*'.repeat(key.length)), value),
  ]);
  return { ...answer, headers: Object.fromEntries(headers) as Record<string, string> };
}

/** Without what has no room in `longest` chars: a key's other forms are no shorter than itself. */
export function keysIn(headers: Headers, longest = Number.POSITIVE_INFINITY): string[] {
  const forms = new Set<string>();
  for (const name in headers) {
    if (!OF_A_KEY.test(name)) continue;
    const value = headers[name] as string;
    // Of `Bearer <key>` and `Basic <key>`, the key stands alone elsewhere.
    for (const key of [value, value.slice(value.lastIndexOf(' ') + 1)])
      if (key.length <= longest)
        for (const form of [key, key.replaceAll('/', '\\/'), encodeURIComponent(key)]) forms.add(form);
  }
  return [...forms].filter(({ length }) => length >= MIN_CHARS);
}

function longestPart({ headers, body }: HttpAnswer): number {
  let longest = body.length;
  for (const name in headers) longest = Math.max(longest, headers[name]?.length ?? 0);
  return longest;
}
