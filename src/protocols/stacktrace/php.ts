// Part of protocols/stacktrace: Throwable::__toString of PHP: newest call first, previous exceptions before the final one.
import { type Exception, type Frame, splitHeadline } from './exception.ts';

const THROWN = /^(?:PHP )?(?:Fatal error:\s+)?(?:Uncaught )?(?:Next )?([\s\S]*?) in (.+):(\d+)$/;
const CALL = /^#\d+ (?:(.+)\((\d+)\)|\[internal function\]): (.+)$/;

/** A headline may hold a message of several lines. */
const MAX_MESSAGE_LINES = 5;

interface Place {
  file: string;
  line: number;
}

interface Trace {
  headline: string;
  places: Place[];
  /** The function called at `places[i + 1]`, which is the one that `places[i]` is in. */
  calls: string[];
}

export function parsePhp(lines: readonly string[]): Exception[] {
  const traces: Trace[] = [];
  let pending: string[] = [];
  for (const line of lines) {
    const call = CALL.exec(line);
    const current = traces.at(-1);
    if (call && current) {
      current.calls.push((call[3] ?? '').replace(/\(.*\)$/, ''));
      current.places.push({ file: call[1] ?? '[internal function]', line: Number(call[2] ?? 0) });
    } else if (line.trim() === '' || line === 'Stack trace:' || /^#\d+ \{main\}/.test(line)) {
      pending = [];
    } else {
      pending = [...pending.slice(-MAX_MESSAGE_LINES), line];
      const thrown = THROWN.exec(pending.join('\n'));
      if (!thrown) continue;
      const place = { file: thrown[2] ?? '', line: Number(thrown[3]) };
      traces.push({ headline: thrown[1] ?? '', places: [place], calls: [] });
      pending = [];
    }
  }
  return traces.reverse().map(toException);
}

function toException({ headline, places, calls }: Trace): Exception {
  const frames: Frame[] = places.map((place, i) => ({ ...place, function: calls[i] ?? '{main}' }));
  return { ...splitHeadline(headline), frames: frames.reverse() };
}
