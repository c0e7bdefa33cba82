// Part of http: keys that an answer says back are masked in it. Answers are shown, logged and kept with dead letters, and AWS quotes
// the headers that it checked where a signature does not match, its session token among them.
import type { HttpAnswer } from './client.ts';

/** `authorization`, `proxy-authorization`, `x-honeycomb-team`, `x-rollbar-access-token`, `x-amz-security-token`. */
const OF_A_KEY = /authorization$|-team$|-token$/i;
/** Shorter values open nothing, and stand in many texts. */
const MIN_CHARS = 8;

/** What an answer to a request with these headers may not show: the values of keys, alone and as JSON and URLs write them. */
export function keysIn(headers: Readonly<Record<string, string>>): string[] {
  const values = Object.entries(headers).flatMap(([name, value]) =>
    // Of `Bearer <key>` and `Basic <key>`, the key stands alone elsewhere.
    OF_A_KEY.test(name) ? [value, value.slice(value.lastIndexOf(' ') + 1)] : [],
  );
  const forms = values.flatMap((value) => [value, value.replaceAll('/', '\\/'), encodeURIComponent(value)]);
  return [...new Set(forms)].filter(({ length }) => length >= MIN_CHARS);
}

/** Overwrites the body, which is nobody else's yet. */
export function withoutKeys(answer: HttpAnswer, keys: readonly string[]): HttpAnswer {
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
