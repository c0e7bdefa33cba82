// Part of protocols/stacktrace: Exception#full_message, newest call first; quotes differ before and after Ruby 3.4.
import type { Exception, Frame } from './exception.ts';

const TOP = /^(.+?):(\d+):in ['`](.+?)': ?(.*)$/;
const FROM = /^\s+from (.+?):(\d+)(?::in ['`](.+)')?$/;
/** Exception#backtrace joined by newlines: no message, no `from`. */
const PLAIN = /^(.+?):(\d+):in ['`](.+)'$/;
const CLASS = /^(.*?) ?\(([A-Z][\w:]*)\)$/;

export function parseRuby(lines: readonly string[]): Exception[] {
  const traces: { message: string[]; frames: Frame[] }[] = [];
  for (const line of lines) {
    const current = traces.at(-1);
    const from = FROM.exec(line) ?? (current ? PLAIN.exec(line) : null);
    const top = from ? null : (TOP.exec(line) ?? PLAIN.exec(line));
    const place = from ?? top;
    const frame = place && { file: place[1] ?? '', line: Number(place[2]), function: place[3] ?? '' };
    if (top && frame) traces.push({ message: [top[4] ?? ''], frames: [frame] });
    else if (frame) current?.frames.push(frame);
    else if (current?.frames.length === 1) current.message.push(line);
  }
  return traces.map(({ message, frames }) => ({ ...splitMessage(message), frames: frames.reverse() }));
}

/** The class stands in brackets at the end of the message's first line. */
function splitMessage(lines: readonly string[]): { type: string; message: string } {
  const match = CLASS.exec(lines[0] ?? '');
  if (!match) return { type: '', message: lines.join('\n').trim() };
  return { type: match[2] ?? '', message: [match[1], ...lines.slice(1)].join('\n').trim() };
}
