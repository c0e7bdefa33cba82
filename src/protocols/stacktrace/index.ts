// Part of protocols/stacktrace: from the text of a stack trace to exceptions and frames, whatever language wrote it.
import { parseDotnet } from './dotnet.ts';
import type { Exception, Parser } from './exception.ts';
import { parseGo } from './go.ts';
import { parseJava } from './java.ts';
import { parseNode } from './node.ts';
import { parsePhp } from './php.ts';
import { parsePython } from './python.ts';
import { parseRuby } from './ruby.ts';

export type { Exception, Frame } from './exception.ts';

/** Keys are the values of `telemetry.sdk.language`. */
const PARSERS: Readonly<Record<string, Parser>> = {
  python: parsePython,
  nodejs: parseNode,
  webjs: parseNode,
  javascript: parseNode,
  java: parseJava,
  kotlin: parseJava,
  go: parseGo,
  ruby: parseRuby,
  dotnet: parseDotnet,
  php: parsePhp,
};

/** What gives a language away, the surest first. */
const SIGNS: readonly (readonly [RegExp, Parser])[] = [
  [
    /^[ \t|+]*(?:Exception Group )?Traceback \(most recent call last\):|^[ \t]*File ".+", line \d+/m,
    parsePython,
  ],
  [/^goroutine \d+ \[/m, parseGo],
  [/^[ \t]*at .+\) in .+:line \d+[ \t]*$/m, parseDotnet],
  [/^#\d+ (?:.+\(\d+\)|\[internal function\]): /m, parsePhp],
  [/^.+:\d+:in ['`]/m, parseRuby],
  [/^[ \t]*at \S+\((?:[^()\s]+\.\w+:\d+|Native Method|Unknown Source)\)/m, parseJava],
  [/^[ \t]*at (?:.+:\d+:\d+\)?|.+ \(.+\))(?: \{)?$|^.*@.+:\d+:\d+$/m, parseNode],
  [/^[ \t]+at \S+\(.*\)[ \t]*$/m, parseDotnet],
];

/** Anyone may send a stack trace: these bounds keep the patterns above fast on text that is made to be slow. */
const MAX_LINES = 5000;
const MAX_LINE_CHARS = 1000;

/** Undefined when not a single frame can be read. `language` is `telemetry.sdk.language`, where it is known. */
export function parseStack(text: string, language: string | undefined): Exception[] | undefined {
  const lines = text.split(/\r?\n/, MAX_LINES).map((line) => line.slice(0, MAX_LINE_CHARS));
  const named = language === undefined ? undefined : PARSERS[language.toLowerCase()];
  const exceptions = named?.(lines);
  if (exceptions && hasFrames(exceptions)) return exceptions;
  const bounded = lines.join('\n');
  for (const [sign, parser] of SIGNS) {
    if (parser === named || !sign.test(bounded)) continue;
    const sniffed = parser(lines);
    if (hasFrames(sniffed)) return sniffed;
  }
  return undefined;
}

function hasFrames(exceptions: readonly Exception[]): boolean {
  return exceptions.some(({ frames }) => frames.length > 0);
}
