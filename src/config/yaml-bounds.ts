// Part of config: what no YAML file of people's own has, and what the parser does not survive: found by fuzzing.

/** Ours and the X-Ray daemon's have a few KiB. */
const MAX_BYTES = 256 * 1024;
/** A thousand brackets or dashes in each other fill the stack where V8 compiles a pattern: that ends the process, and no catch helps. */
const MAX_DEPTH = 100;
/** The parser takes some 13 µs for each, in an error above all: 64 KB of nothing else took 600 ms. Our files have a few hundred. */
const MAX_MARKS = 1500;
const MARKS = /[-[\]{},:?&*!|>"'%@`]/g;
/** Spaces, dashes and question marks before the first word of a line; two for a level. */
const MAX_INDENT = 2 * MAX_DEPTH;

export interface Excess {
  line: number;
  what: string;
}

export function excessIn(text: string): Excess | undefined {
  if (text.length > MAX_BYTES) return { line: 1, what: `the file is larger than ${MAX_BYTES / 1024} KiB` };
  const what = `nested deeper than ${MAX_DEPTH}`;
  let depth = 0;
  let marks = 0;
  for (const [index, line] of text.split(/\r\n?|\n/).entries()) {
    if (/^[-?: \t]*/.exec(line)![0].length > MAX_INDENT) return { line: index + 1, what };
    for (const char of line) {
      if (char === '[' || char === '{') depth += 1;
      else if ((char === ']' || char === '}') && depth > 0) depth -= 1;
      if (depth > MAX_DEPTH) return { line: index + 1, what };
    }
    marks += 1 + (/^\s*#/.test(line) ? 0 : (line.match(MARKS)?.length ?? 0));
    if (marks > MAX_MARKS)
      return { line: index + 1, what: `more than ${MAX_MARKS} lines, commas, quotes and other marks` };
  }
  return undefined;
}
