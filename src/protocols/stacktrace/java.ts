// Part of protocols/stacktrace: Throwable.printStackTrace: newest call first, the final exception first, frames shared
// with the enclosing trace cut to "... n more".
import { type Exception, type Frame, splitHeadline } from './exception.ts';

const FRAME = /^\s*at (?:[^()\s]*\/)?([^()\s/]+)\(([^()]*)\)/;
const MORE = /^\s*\.\.\. (\d+) (?:more|common frames omitted)/;
const NESTED = /^(\s*)(Caused by|Suppressed): (.*)$/;
/** Stands for an exception that is above already. */
const CIRCULAR = /^\[CIRCULAR REFERENCE: /;
const THREAD = /^Exception in thread "[^"]*" /;

interface Trace {
  indent: number;
  suppressed: boolean;
  headline: string[];
  /** Newest first, as printed. */
  frames: Frame[];
  enclosing: Trace | undefined;
}

export function parseJava(lines: readonly string[]): Exception[] {
  const traces: Trace[] = [];
  for (const line of lines) {
    const nested = NESTED.exec(line);
    const current = traces.at(-1);
    if (nested && CIRCULAR.test(nested[3] ?? '')) continue;
    if (nested) {
      traces.push(nestedTrace(traces, (nested[1] ?? '').length, nested[2] === 'Suppressed', nested[3] ?? ''));
    } else if (!current) {
      if (line.trim() === '') continue;
      const headline = [line.replace(THREAD, '')];
      traces.push({ indent: 0, suppressed: false, headline, frames: [], enclosing: undefined });
    } else readLine(current, line);
  }
  const inOrder = [
    ...traces.filter((trace) => !trace.suppressed),
    ...traces.filter((trace) => trace.suppressed),
  ];
  return inOrder.map(({ headline, frames }) => ({
    ...splitHeadline(headline.join('\n').trim()),
    frames: frames.toReversed(),
  }));
}

/** A cause is printed at the indent of what it caused, a suppressed exception one deeper. */
function nestedTrace(traces: readonly Trace[], indent: number, suppressed: boolean, headline: string): Trace {
  const enclosing = traces.findLast((trace) => (suppressed ? trace.indent < indent : trace.indent <= indent));
  const inherited = suppressed || (enclosing?.suppressed ?? false);
  return { indent, suppressed: inherited, headline: [headline], frames: [], enclosing };
}

function readLine(trace: Trace, line: string): void {
  const frame = FRAME.exec(line);
  if (frame) {
    trace.frames.push({ ...parsePlace(frame[2] ?? ''), function: frame[1] ?? '' });
    return;
  }
  const more = MORE.exec(line);
  if (more) {
    const shared = Number(more[1]);
    if (shared > 0) trace.frames.push(...(trace.enclosing?.frames.slice(-shared) ?? []));
  } else if (trace.frames.length === 0) trace.headline.push(line);
}

/** `File.java:12`, `Native Method` or `Unknown Source`. */
function parsePlace(text: string): Omit<Frame, 'function'> {
  const match = /^(.*):(\d+)$/.exec(text);
  return match ? { file: match[1] ?? '', line: Number(match[2]) } : { file: text, line: 0 };
}
