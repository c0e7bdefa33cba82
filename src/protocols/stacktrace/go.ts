// Part of protocols/stacktrace: Go's panics and debug.Stack: newest call first, a line for the call and one for the place.
import type { Exception, Frame } from './exception.ts';

const FILE = /^\s+(.+):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=.*)?$/;
const GOROUTINE = /^goroutine \d+ \[/;
/** `panic: `, indented where a deferred call panicked again, or `fatal error: `, which nothing can recover from. */
const HEADLINE = /^(?:\s*(panic)|(fatal error)): (.*?)(?: \[recovered(?:, repanicked)?\])?$/;
/** What runs between the failure and the printing of it. */
const MACHINERY =
  /^(?:runtime[./]|go\.opentelemetry\.io\/otel\/sdk\/trace\.(?:recordStackTrace|\(\*recordingSpan\)\.))/;

export function parseGo(lines: readonly string[]): Exception[] {
  let frames: Frame[] = [];
  let goroutines = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    // The first goroutine is the one that failed; the others are bystanders.
    if (GOROUTINE.test(line) && ++goroutines > 1) break;
    const place = FILE.exec(lines[i + 1] ?? '');
    if (!place || line === '' || /^\s/.test(line)) continue;
    const name = functionName(line);
    // What is above `panic` are the deferred calls that found it.
    if (name === 'panic') frames = [];
    else if (!MACHINERY.test(name))
      frames.push({ file: place[1] ?? '', line: Number(place[2]), function: name });
  }
  return [{ ...headlineOf(lines), frames: frames.reverse() }];
}

/** Of several panics the last one is what ended the program. Messages may have several lines. */
function headlineOf(lines: readonly string[]): { type: string; message: string } {
  const end = lines.findIndex((line) => line === '' || GOROUTINE.test(line) || line.startsWith('[signal '));
  const head = lines.slice(0, Math.max(0, end));
  const last = head.findLastIndex((line) => HEADLINE.test(line));
  if (last < 0) return { type: '', message: '' };
  const [, panic, fatal, text] = HEADLINE.exec(head[last] ?? '') ?? [];
  const message = [text, ...head.slice(last + 1).map((line) => line.trim())].join('\n');
  return { type: panic ?? fatal ?? '', message };
}

/** `main.(*T).Do(0xc000010, {0x1, 0x2})` and `created by main.run in goroutine 1` without their tails. */
function functionName(line: string): string {
  const created = /^created by (.+?)(?: in goroutine \d+)?$/.exec(line);
  if (created) return created[1] ?? '';
  return line.endsWith(')') ? line.slice(0, line.lastIndexOf('(')) : line;
}
