// Part of protocols/stacktrace: Exception.ToString of .NET: newest call first, inner exceptions printed inside the outer.
import { type Exception, type Frame, splitHeadline } from './exception.ts';

const FRAME = /^\s*at (.+?\))(?: in (.+):line (\d+))?\s*$/;
const INNER = /^\s*---> (?:\(Inner Exception #\d+\) )?(.*?)(?:<---)?$/;
const END_OF_INNER = /^\s*--- End of inner exception stack trace ---/;
/** Ends an inner exception of an AggregateException that is printed after the outer's frames. */
const END_OF_MEMBER = /<---\s*$/;
/** .NET Framework, and .NET before 3.0, put inner exceptions behind the outer's message, in the same line. */
const SAME_LINE = /(?<=\S) (?=---> [\w.+`]+(?:Exception|Error)\b)/;
const NOTE = /^\s*--- /;

interface Open {
  headline: string[];
  /** Newest first, as printed. */
  frames: Frame[];
}

export function parseDotnet(lines: readonly string[]): Exception[] {
  const all: Open[] = [{ headline: [], frames: [] }];
  const open: Open[] = [...all];
  for (const line of lines.flatMap((one) => (FRAME.test(one) ? [one] : one.split(SAME_LINE)))) {
    const current = open.at(-1);
    const inner = INNER.exec(line);
    const frame = FRAME.exec(line.replace(END_OF_MEMBER, ''));
    if (inner) {
      const next = { headline: [inner[1] ?? ''], frames: [] };
      all.push(next);
      open.push(next);
    } else if (END_OF_INNER.test(line)) {
      if (open.length > 1) open.pop();
    } else if (frame) {
      current?.frames.push({ file: frame[2] ?? '', line: Number(frame[3] ?? 0), function: frame[1] ?? '' });
    } else if (current?.frames.length === 0 && !NOTE.test(line)) current.headline.push(line);
    if (END_OF_MEMBER.test(line) && open.length > 1) open.pop();
  }
  return all.map(({ headline, frames }) => ({
    ...splitHeadline(
      headline
        .join('\n')
        .trim()
        .replace(/^Unhandled exception\. /, ''),
    ),
    frames: frames.reverse(),
  }));
}
