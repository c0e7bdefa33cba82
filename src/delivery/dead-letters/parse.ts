// Part of delivery: a line of a dead letter file, read without opening what it holds: contents may have megabytes.
import { DESTINATION_IDS, type Signal } from '../../model/signals.ts';
import type { DeadLetter, LetterHead } from './letter.ts';

/** `json` is an OTLP/JSON export request; `documents` throws SyntaxError; what is `raw` could not be decoded. */
export type ParsedLetter =
  | { head: LetterHead; kind: 'otlp'; json(): string }
  | { head: LetterHead; kind: 'documents'; documents(): string[] }
  | { head: LetterHead; kind: 'raw' };

const SIGNALS: readonly Signal[] = ['traces', 'logs', 'metrics', 'segments'];
/** The vendor's words are cut at 4 KiB, ours are short. */
const MAX_HEAD_BYTES = 64 * 1024;
/** Where the head ends. Within a JSON string a quote is escaped, so none of these can be part of one. */
const CONTENTS = (['otlp', 'document', 'documents', 'raw'] as const).map((key) => ({
  key,
  opening: Buffer.from(`,"${key}":`),
}));

/** Undefined when it is no letter. */
export function parseLetter(line: Buffer): ParsedLetter | undefined {
  return parseInTwo(line) ?? parseWhole(line);
}

/** As it was written: the head first, the contents last. */
function parseInTwo(line: Buffer): ParsedLetter | undefined {
  const mayBeHead = line.subarray(0, MAX_HEAD_BYTES);
  const found = CONTENTS.map(({ key, opening }) => ({ key, opening, at: mayBeHead.indexOf(opening) }));
  const [first] = found.filter(({ at }) => at >= 0).sort((a, b) => a.at - b.at);
  if (!first) return undefined;
  const head = asHead(parseJson(`${line.toString('utf8', 0, first.at)}}`));
  if (!head) return undefined;
  const contents = () => line.toString('utf8', first.at + first.opening.length, line.length - 1);
  return toLetter(head, first.key, contents);
}

/** With its keys in another order: a file that went through some tool. */
function parseWhole(line: Buffer): ParsedLetter | undefined {
  const letter = parseJson(line.toString('utf8'));
  const head = asHead(letter);
  const key = CONTENTS.map((known) => known.key).find((name) => (letter as DeadLetter)?.[name] !== undefined);
  if (!head || !key) return undefined;
  return toLetter(head, key, () => JSON.stringify((letter as DeadLetter)[key]));
}

function toLetter(
  head: LetterHead,
  key: (typeof CONTENTS)[number]['key'],
  contents: () => string,
): ParsedLetter {
  switch (key) {
    case 'otlp':
      return { head, kind: 'otlp', json: contents };
    case 'raw':
      return { head, kind: 'raw' };
    default:
      return { head, kind: 'documents', documents: () => [JSON.parse(contents())].flat().map(String) };
  }
}

function asHead(value: unknown): LetterHead | undefined {
  const head = value as Partial<LetterHead> | null | undefined;
  const isHead =
    typeof head?.id === 'string' &&
    DESTINATION_IDS.some((id) => id === head.destination) &&
    SIGNALS.some((signal) => signal === head.signal) &&
    typeof head.reason?.code === 'string' &&
    isTime(head.receivedAt) &&
    isTime(head.deadAt);
  return isHead ? (head as LetterHead) : undefined;
}

const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
