// Part of protocols/stacktrace: V8 (Node, Chrome, Edge) and the `function@file` form of Firefox and Safari.
import { type Exception, type Frame, splitHeadline } from './exception.ts';

const CALL = /^\s*at (?:async )?(.+?) \((.+)\)(?: \{)?$/;
const BARE = /^\s*at (?:async )?(.+:\d+(?::\d+)?|<anonymous>|native)(?: \{)?$/;
/** `name@url:1:2`, where the name may say `async*`, and `url line 3 > eval` names the file that has the eval. */
const GECKO = /^(?!\s)(?:async\*)?([^@]*)@(\S+?:\d+:\d+|\S+ line \d+ > (?:eval|Function):\d+:\d+)$/;
/** `Promise.all (index 2)`: which one it was is not a place. */
const INDEX = /^index \d+$/;
const CAUSE = /^\s*\[cause\]: (.*)$/;
/** Of an AggregateError, which itself has no frames: `[AggregateError: message] {`. */
const ERRORS = /^(\s*)\[errors\]: \[$/;
const LOCATION = /^(.*?)(?::(\d+))?(?::(\d+))?$/;
/** The caret under the excerpt that Node prints above an uncaught error. */
const CARET = /^\s*\^+\s*$/;

export function parseNode(lines: readonly string[]): Exception[] {
  const exceptions: Exception[] = [];
  let headline: string[] = [];
  let frames: Frame[] = [];
  let memberIndent: number | undefined;
  const close = () => {
    if (headline.length > 0 || frames.length > 0) {
      const text = headline
        .join('\n')
        .trim()
        .replace(/^\[(.*)\] \{$/s, '$1');
      exceptions.push({ ...splitHeadline(text), frames: frames.reverse() });
    }
    headline = [];
    frames = [];
  };
  for (const line of lines) {
    const cause = CAUSE.exec(line);
    if (cause) {
      close();
      headline.push(cause[1] ?? '');
      continue;
    }
    const errors = ERRORS.exec(line);
    if (errors || isMember(line, memberIndent)) {
      close();
      if (errors) memberIndent = (errors[1] ?? '').length + 2;
      else headline.push(line.trim());
      continue;
    }
    const frame = parseFrame(line);
    if (frame) frames.push(frame);
    else if (CARET.test(line)) headline = [];
    // What follows the frames are the error's own properties.
    else if (frames.length === 0) headline.push(line.replace(/^Uncaught /, ''));
  }
  close();
  return exceptions;
}

/** Members of [errors] stand two deeper than it; what belongs to them stands deeper still. */
function isMember(line: string, indent: number | undefined): boolean {
  return indent !== undefined && line.search(/\S/) === indent && !/^\s*[\]}]/.test(line);
}

function parseFrame(line: string): Frame | undefined {
  const call = CALL.exec(line) ?? GECKO.exec(line);
  if (call) return { ...parseLocation(call[2] ?? ''), function: call[1] ?? '' };
  const bare = BARE.exec(line);
  return bare ? { ...parseLocation(bare[1] ?? ''), function: '' } : undefined;
}

function parseLocation(text: string): Omit<Frame, 'function'> {
  if (INDEX.test(text)) return { file: '<anonymous>', line: 0 };
  const gecko = /^(\S+) line (\d+) > /.exec(text);
  if (gecko) return { file: gecko[1] ?? '', line: Number(gecko[2]) };
  // `eval at fn (file:1:2), <anonymous>:3:4`: the file that has the eval is the useful one.
  const place = /^eval at .*\(([^()]+:\d+:\d+)\)/.exec(text)?.[1] ?? text;
  const match = LOCATION.exec(place);
  const file = (match?.[1] ?? place).replace(/^file:\/\/(?:\/(?=[A-Za-z]:))?/, '');
  const column = match?.[3] === undefined ? {} : { column: Number(match[3]) };
  return { file, line: Number(match?.[2] ?? 0), ...column };
}
