// Part of protocols/stacktrace: V8 (Node, Chrome, Edge) and the `function@file` form of Firefox and Safari.
import { type Exception, type Frame, splitHeadline } from './exception.ts';

const CALL = /^\s*at (?:async )?(.+?) \((.+)\)(?: \{)?$/;
const BARE = /^\s*at (?:async )?(.+:\d+(?::\d+)?|<anonymous>|native)(?: \{)?$/;
const GECKO = /^(.*?)@(\S+:\d+:\d+)$/;
const CAUSE = /^\s*\[cause\]: (.*)$/;
const LOCATION = /^(.*?)(?::(\d+))?(?::(\d+))?$/;
/** The caret under the excerpt that Node prints above an uncaught error. */
const CARET = /^\s*\^+\s*$/;

export function parseNode(lines: readonly string[]): Exception[] {
  const exceptions: Exception[] = [];
  let headline: string[] = [];
  let frames: Frame[] = [];
  const close = () => {
    if (headline.length > 0 || frames.length > 0) {
      exceptions.push({ ...splitHeadline(headline.join('\n').trim()), frames: frames.reverse() });
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
    const frame = parseFrame(line);
    if (frame) frames.push(frame);
    else if (CARET.test(line)) headline = [];
    // What follows the frames are the error's own properties.
    else if (frames.length === 0) headline.push(line.replace(/^Uncaught /, ''));
  }
  close();
  return exceptions;
}

function parseFrame(line: string): Frame | undefined {
  const call = CALL.exec(line) ?? GECKO.exec(line);
  if (call) return { ...parseLocation(call[2] ?? ''), function: call[1] ?? '' };
  const bare = BARE.exec(line);
  return bare ? { ...parseLocation(bare[1] ?? ''), function: '' } : undefined;
}

function parseLocation(text: string): Omit<Frame, 'function'> {
  // `eval at fn (file:1:2), <anonymous>:3:4`: the file that has the eval is the useful one.
  const place = /^eval at .*\(([^()]+:\d+:\d+)\)/.exec(text)?.[1] ?? text;
  const match = LOCATION.exec(place);
  const file = (match?.[1] ?? place).replace(/^file:\/\/(?:\/(?=[A-Za-z]:))?/, '');
  const column = match?.[3] === undefined ? {} : { column: Number(match[3]) };
  return { file, line: Number(match?.[2] ?? 0), ...column };
}
