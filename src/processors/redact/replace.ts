// Part of processors/redact: what stands in the place of a secret: stars at the same length, or a hash that tells equal values apart from others.
import { randomBytes } from 'node:crypto';
import { createKeyedHash } from './keyed-hash.ts';
import type { Finding, Rule } from './rules.ts';

const STAR = '*';
/** What a hash looks like; what is one already is left alone. */
const HASH = /^hmac:[0-9a-f]{16}$/;
const HASH_DIGITS = 16;

/** `value` and the result are Latin-1. */
export type Replace = (value: string, rule: Rule) => string;

export function createReplace(mode: 'mask' | 'hash', hashKey: string | undefined): Replace {
  const keyedHash = createKeyedHash(hashKey === undefined ? randomBytes(32) : Buffer.from(hashKey));
  return (value, rule) => {
    if (mode === 'mask' && rule !== 'user_id') return STAR.repeat(value.length);
    return `hmac:${keyedHash(value).slice(0, HASH_DIGITS)}`;
  };
}

export function isReplaced(value: string): boolean {
  return /^\**$/.test(value) || HASH.test(value);
}

/** `findings` in rising order, apart from each other. */
export function replaceAll(text: string, findings: readonly Finding[], replace: Replace): string {
  let result = '';
  let copied = 0;
  for (const { from, to, rule, isNumber = false } of findings) {
    const value = text.slice(from, to);
    result += text.slice(copied, from) + (isNumber ? asJson(value, rule, replace) : replace(value, rule));
    copied = to;
  }
  return result + text.slice(copied);
}

/** A number becomes a string, at the same length where the other one has it: the quotes take the place of two digits. */
function asJson(number: string, rule: Rule, replace: Replace): string {
  const other = replace(number, rule);
  if (other.length !== number.length) return `"${other}"`;
  return number.length === 1 ? '0' : `"${other.slice(2)}"`;
}
