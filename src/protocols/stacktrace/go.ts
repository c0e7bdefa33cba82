// Part of protocols/stacktrace: runtime/debug.Stack and panics: pairs of lines, newest call first.
import type { Exception, Frame } from './exception.ts';

const FILE = /^\s+(.+):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=.*)?$/;
const GOROUTINE = /^goroutine \d+ \[/;
/** What runs between the failure and the printing of it. */
const MACHINERY =
  /^(?:runtime[./]|panic$|go\.opentelemetry\.io\/otel\/sdk\/trace\.(?:recordStackTrace|\(\*recordingSpan\)\.))/;

export function parseGo(lines: readonly string[]): Exception[] {
  const panic = lines.find((line) => line.startsWith('panic: '));
  const frames: Frame[] = [];
  let goroutines = 0;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? '';
    // The first goroutine is the one that failed; the others are bystanders.
    if (GOROUTINE.test(line) && ++goroutines > 1) break;
    const place = FILE.exec(lines[i + 1] ?? '');
    if (!place || line === '' || /^\s/.test(line)) continue;
    const name = functionName(line);
    if (!MACHINERY.test(name)) frames.push({ file: place[1] ?? '', line: Number(place[2]), function: name });
  }
  const message = panic?.slice('panic: '.length).replace(/ \[recovered\].*$/, '') ?? '';
  return [{ type: panic === undefined ? '' : 'panic', message, frames: frames.reverse() }];
}

/** `main.(*T).Do(0xc000010, {0x1, 0x2})` and `created by main.run in goroutine 1` without their tails. */
function functionName(line: string): string {
  const created = /^created by (.+?)(?: in goroutine \d+)?$/.exec(line);
  if (created) return created[1] ?? '';
  return line.endsWith(')') ? line.slice(0, line.lastIndexOf('(')) : line;
}
