// Part of protocols/stacktrace: Python's traceback module: oldest call first, causes before the final exception.
import { type Exception, type Frame, splitHeadline } from './exception.ts';

const CHAINED =
  /^(?:During handling of the above exception, another exception occurred:|The above exception was the direct cause of the following exception:)$/;
const FRAME = /^\s*File "(.*)", line (\d+)(?:, in (.*))?$/;
/** The underlines of Python 3.11 and later. */
const MARKERS = /^\s*[~^]+[~^\s]*$/;
const REPEATED = /^\s*\[Previous line repeated \d+ more times?\]$/;
/** The margin of an exception group: `  | ` or `  + `. */
const MARGIN = /^\s*[|+] ?/;
const SUB_EXCEPTION = /^\s*\+[-+]+(?: \d+ |\.\.\.|-)-*\s*$/;
const TITLE = /^(?:Exception Group )?Traceback \(most recent call last\):$/;

export function parsePython(lines: readonly string[]): Exception[] {
  // One list for each exception of the chain: itself, then the members of its group.
  const chain: Exception[][] = [[]];
  let block: string[] = [];
  // Where the current member of a group begins: what its cause led to goes before the cause.
  let memberAt = 0;
  const close = () => {
    const exception = parseBlock(block);
    if (exception) chain.at(-1)?.splice(memberAt, 0, exception);
    block = [];
  };
  for (const line of lines) {
    const inGroup = MARGIN.test(line);
    const text = inGroup ? line.replace(MARGIN, '') : line;
    if (inGroup && SUB_EXCEPTION.test(line)) {
      close();
      memberAt = chain.at(-1)?.length ?? 0;
    } else if (CHAINED.test(text)) {
      close();
      // A cause inside a group belongs to a member, not to the group: it stays among the members.
      if (inGroup) continue;
      chain.push([]);
      memberAt = 0;
    } else block.push(text);
  }
  close();
  return chain.reverse().flat();
}

function parseBlock(lines: readonly string[]): Exception | undefined {
  const frames: Frame[] = [];
  let at = 0;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? '';
    const match = FRAME.exec(line);
    if (match) {
      const frame: Frame = { file: match[1] ?? '', line: Number(match[2]), function: match[3] ?? '' };
      frames.push(frame);
    } else if (/^\s/.test(line) && !MARKERS.test(line) && !REPEATED.test(line)) {
      const last = frames.at(-1);
      if (last && last.code === undefined) last.code = line.trim();
    } else if (line !== '' && !/^\s/.test(line) && !TITLE.test(line)) break;
  }
  const headline = lines.slice(at).join('\n').trim();
  if (headline === '' && frames.length === 0) return undefined;
  return { ...splitHeadline(headline), frames };
}
