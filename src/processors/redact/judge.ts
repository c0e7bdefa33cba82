// Part of processors/redact: says of one value what in it is secret, from the names above it and from its text.
import { eachJsonText, readEscapes } from '../../protocols/xray/texts.ts';
import { createNames, type Names } from './names.ts';
import type { OwnPattern } from './own-patterns.ts';
import { isReplaced } from './replace.ts';
import type { Finding, Rule } from './rules.ts';
import { findSecrets } from './text.ts';

/** What the names above a value come to: nothing, an id that only looks like a card number, a value to leave, or a rule. */
export type Context = 'plain' | 'id' | 'allowed' | Extract<Rule, 'secret_name' | 'denied_name' | 'user_id'>;

export interface Judge {
  under(name: string, context: Context): Context;
  /** `text` is Latin-1. */
  findings(context: Context, text: string): Finding[];
  /** The same for every string and number of a JSON text, with the names above it. */
  inJson(text: string, isDocument?: boolean): Finding[];
}

export interface JudgeOptions {
  allow: readonly string[];
  deny: readonly string[];
  patterns: readonly OwnPattern[];
  users: 'keep' | 'hash';
}

export const USER_IDS = ['user.id', 'enduser.id', 'user_id', 'userid'];
/** Of X-Ray documents and of logs; a 16-digit id may pass for a card number. */
const IDS = /(?:^|trace|span|parent|request|correlation)[._-]?ids?$|^(?:precursor_ids|cause)$/i;
const NO_SECRET = /^(?:null|none|nil|true|false|undefined)$/i;
const JSON_BEGINS = /^\s*[[{]/;
/** The names of a program are few; those of an attacker are not kept. */
const MAX_REMEMBERED = 5000;

export function createJudge(options: JudgeOptions): Judge {
  const names = createNames(options.allow, options.deny);
  const remembered = new Map<string, Context>();

  function under(name: string, context: Context): Context {
    if (context !== 'plain' && context !== 'id') return context;
    let found = remembered.get(name);
    if (found === undefined) {
      found = contextOf(name, names, options.users);
      if (remembered.size >= MAX_REMEMBERED) remembered.clear();
      remembered.set(name, found);
    }
    return found;
  }

  function findings(context: Context, text: string): Finding[] {
    if (context === 'allowed' || text === '') return [];
    if (context === 'plain' || context === 'id') return inText(text, context).filter(isNew);
    const isNone = context === 'secret_name' && NO_SECRET.test(text);
    return isNone || isReplaced(text) ? [] : [{ from: 0, to: text.length, rule: context }];

    function isNew({ from, to }: Finding): boolean {
      return !isReplaced(text.slice(from, to));
    }
  }

  /** JSON in a text, such as a log's body, has names above its values too. */
  function inText(text: string, context: Context): Finding[] {
    const own = options.patterns.flatMap((pattern) => pattern.find(text));
    const found = isJson(text) ? inJson(text) : findSecrets(text, names);
    return apart([...found, ...own]).filter(({ rule }) => rule !== 'card_number' || context !== 'id');
  }

  function inJson(text: string, isDocument = false): Finding[] {
    const found: Finding[] = [];
    const bytes = Buffer.from(text, 'latin1');
    eachJsonText<Context>(bytes, 0, bytes.length, 'plain', {
      under: (name, context) => (isUser(name) ? 'user_id' : under(name, context)),
      value(context, from, to, kind) {
        if (kind === 'number') {
          const [finding] = findings(context, text.slice(from, to));
          if (finding && text.slice(from, to) !== '0')
            found.push({ from, to, rule: finding.rule, isNumber: true });
          return;
        }
        const { text: said, offsets } = readEscapes(text.slice(from, to));
        for (const finding of findings(context, said))
          found.push({ ...finding, from: from + offsets[finding.from]!, to: from + offsets[finding.to]! });
      },
    });
    return found;

    /** Of a segment. Elsewhere the word is too common to be an id. */
    function isUser(name: string): boolean {
      return isDocument && options.users === 'hash' && name === 'user';
    }
  }

  return { under, findings, inJson };
}

function contextOf(name: string, names: Names, users: 'keep' | 'hash'): Context {
  if (names.isAllowed(name)) return 'allowed';
  if (names.isDenied(name)) return 'denied_name';
  if (names.isSecret(name)) return 'secret_name';
  if (users === 'hash' && USER_IDS.includes(name.toLowerCase())) return 'user_id';
  return IDS.test(name) ? 'id' : 'plain';
}

function isJson(text: string): boolean {
  if (!JSON_BEGINS.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** In rising order; of two that overlap, the first, made longer. */
export function apart(found: readonly Finding[]): Finding[] {
  const result: Finding[] = [];
  for (const finding of found.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = result.at(-1);
    if (last && finding.from < last.to) last.to = Math.max(last.to, finding.to);
    else if (finding.to > finding.from) result.push({ ...finding });
  }
  return result;
}
