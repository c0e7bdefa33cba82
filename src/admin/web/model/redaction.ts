// Part of the page: which part of a text was replaced on the way in, which rule it may have been, and how one would have it left.
import { createNames } from '../../../processors/redact/names.ts';
import { RULES, type Rule } from '../../../processors/redact/rules.ts';

export interface TextPart {
  text: string;
  /** What may have been found here, and what to do about it; undefined for what is as it was sent. */
  why?: string;
}

/** Stars alone, four and more within a text, or what a hash looks like. Shorter runs are Markdown, globs and the like. */
const REPLACED = /^\*{2,}$|(?<=")\*{2,3}(?=")|\*{4,}|hmac:[0-9a-f]{16}/g;
/** The name that stands before a value: in OTLP/JSON, in other JSON, in headers, in assignments. */
const NAME_BEFORE =
  /"key":\s*"([^"]+)",\s*"value":\s*\{\s*"\w+":\s*"[^"]*$|([\w.@-]+)["']?\]?\s*(?:=>|[:=])\s*["']?$/;
const USER_IDS = /^(?:user|user\.id|enduser\.id|user_id|userid)$/i;
const CONTEXT_CHARS = 300;
const CARD_DIGITS = [13, 19] as const;
const AWS_KEY_CHARS = 20;

const { isSecret } = createNames([], []);

/** `name`: of the attribute. */
export function redactedParts(text: string, name?: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let copied = 0;
  for (const match of text.matchAll(REPLACED)) {
    const from = match.index;
    const to = from + match[0].length;
    if (from > copied) parts.push({ text: text.slice(copied, from) });
    const nameHere = nameBefore(text, from) ?? name;
    parts.push({ text: match[0], why: explain(rulesFor(text, from, to, nameHere), nameHere) });
    copied = to;
  }
  if (copied < text.length) parts.push({ text: text.slice(copied) });
  return parts;
}

export function countRedacted(text: string): number {
  return text.match(REPLACED)?.length ?? 0;
}

/** The one that its surroundings tell, or those that remain. */
function rulesFor(text: string, from: number, to: number, name: string | undefined): readonly Rule[] {
  const before = text.slice(Math.max(0, from - 40), from);
  if (text.startsWith('hmac:', from) && name !== undefined && USER_IDS.test(name)) return ['user_id'];
  if (name !== undefined && isSecret(name)) return ['secret_name'];
  if (/bearer\s+$/i.test(before)) return ['bearer_token'];
  if (/:\/\/$/.test(before) && text[to] === '@') return ['url_userinfo'];
  if (/PRIVATE KEY-----\s*$/.test(before)) return ['private_key'];
  const length = to - from;
  const byLength: Rule[] = [
    ...(length >= CARD_DIGITS[0] && length <= CARD_DIGITS[1] ? (['card_number'] as const) : []),
    ...(length === AWS_KEY_CHARS ? (['aws_key'] as const) : []),
    ...(length > AWS_KEY_CHARS ? (['jwt'] as const) : []),
  ];
  return ['denied_name', ...byLength, 'own_pattern'];
}

function explain(rules: readonly Rule[], name: string | undefined): string {
  const [first, ...more] = rules.map((rule) => `${rule} (${RULES[rule]})`);
  const found = more.length === 0 ? first : `one of ${[first, ...more].join(', ')}`;
  const keep = rules.includes('user_id')
    ? 'set SIDECAST_REDACT_USERS=keep'
    : `add ${name ?? 'the name of its attribute'} to SIDECAST_REDACT_ALLOW`;
  return `Redacted before it was kept or sent on, by ${found}. To leave it as it is, ${keep}.`;
}

function nameBefore(text: string, at: number): string | undefined {
  const match = NAME_BEFORE.exec(text.slice(Math.max(0, at - CONTEXT_CHARS), at));
  return match?.[1] ?? match?.[2];
}
