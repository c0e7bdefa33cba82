// Part of cli: `sidecast tail`: spans, segments and logs as the sidecast that runs receives them.
import type { Readable } from 'node:stream';
import { json } from 'node:stream/consumers';
import type { LogRow, StreamEvents, Trace, TraceRow } from '../admin/api/shapes.ts';
import { durationMs } from '../config/option.ts';
import type { Problem } from '../config/problems.ts';
import { readLines } from '../delivery/dead-letters/lines.ts';
import { type AdminPort, adminPort, ask, complaintOf, NoSidecastError } from './admin-port.ts';
import { readCommandLine } from './command-line.ts';
import { COMMANDS } from './commands.ts';
import type { Edge } from './edge.ts';
import { createFilter, type TailFilter, type TypedTailFilter } from './tail-filter.ts';
import { FORMATS, type Format } from './tail-format.ts';

const FORMAT_NAMES: readonly string[] = COMMANDS.tail.options.output.choices;
/** Each is a question to the process that runs; beyond this a terminal scrolls too fast to be read. */
const MAX_TRACES_AT_ONCE = 50;
/** Spans that were shown, so that a trace that grows shows only what is new. */
const MAX_REMEMBERED = 20_000;

export async function tail(edge: Edge): Promise<number> {
  const line = readCommandLine(edge, 'tail', check);
  if (typeof line === 'number') return line;
  const port = adminPort(line.config);
  const name = line.values.output ?? 'human';
  const format: Format = FORMATS[name as keyof typeof FORMATS]({
    hasColours: edge.colours === true,
    hasAttributes: line.values.attributes !== undefined,
  });
  const show = createShow(edge, port, createFilter(line.values), format);
  try {
    const answer = await ask(port, { method: 'GET', path: 'api/stream', query: new URLSearchParams() });
    if (answer.statusCode !== 200) {
      edge.stderr(`sidecast: nothing is shown: ${answer.statusCode} ${await complaintOf(answer)}`);
      return 1;
    }
    let isOver = false;
    void edge.signal.then(() => {
      isOver = true;
      answer.destroy();
    });
    edge.stderr(`Following the sidecast at ${port.url.origin}; Ctrl-C ends it.`);
    try {
      for await (const { event, data } of eventsIn(answer)) await show(event, data);
    } catch (error) {
      if (!isOver && !(error instanceof NoSidecastError)) throw error;
    }
    if (!isOver) edge.stderr('sidecast: nothing more is shown: the sidecast that was followed has ended.');
    return isOver ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NoSidecastError)) throw error;
    edge.stderr(
      `sidecast: nothing is shown: ${error.message}. Start it, or name its port with --admin-port.`,
    );
    return 1;
  }
}

interface StreamEvent {
  event: string;
  data: string;
}

/** Server-sent events, as far as ours go: one line of data each (WHATWG HTML, section 9.2). */
async function* eventsIn(answer: Readable): AsyncGenerator<StreamEvent> {
  let event = '';
  for await (const { bytes } of readLines(answer)) {
    const line = bytes.toString('utf8');
    if (line.startsWith('event: ')) event = line.slice('event: '.length);
    else if (line.startsWith('data: ')) yield { event, data: line.slice('data: '.length) };
  }
}

function createShow(edge: Edge, port: AdminPort, filter: TailFilter, format: Format) {
  const shown = new Set<string>();

  async function showTrace(row: TraceRow): Promise<void> {
    const path = `api/traces/${row.id}`;
    const answer = await ask(port, { method: 'GET', path, query: new URLSearchParams() });
    // It may be forgotten again by now.
    if (answer.statusCode !== 200) return void answer.resume();
    for (const span of ((await json(answer)) as Trace).spans) {
      if (!span.inProgress && isNew(`${row.id}/${span.id}`) && filter.takesSpan(span))
        edge.stdout(format.span(row.id, span));
    }
  }

  /** False the second time: rows come again when their delivery has gone on. */
  function isNew(key: string): boolean {
    if (shown.has(key)) return false;
    shown.add(key);
    const [oldest = ''] = shown;
    if (shown.size > MAX_REMEMBERED) shown.delete(oldest);
    return true;
  }

  async function showTraces(rows: readonly TraceRow[]): Promise<void> {
    const wanted = rows.filter(filter.mayHave).toSorted((a, b) => a.version - b.version);
    for (const row of wanted.slice(0, MAX_TRACES_AT_ONCE)) await showTrace(row);
    const left = wanted.length - MAX_TRACES_AT_ONCE;
    if (left > 0)
      edge.stderr(`${left} traces came too fast to be shown; narrow it with --service or --errors.`);
  }

  const showLogs = (rows: readonly LogRow[]) => {
    for (const row of rows) if (isNew(row.id) && filter.takesLog(row)) edge.stdout(format.log(row));
  };

  return async (event: string, data: string): Promise<void> => {
    if (event === 'traces') await showTraces((JSON.parse(data) as StreamEvents['traces']).rows);
    if (event === 'logs') showLogs((JSON.parse(data) as StreamEvents['logs']).rows);
  };
}

function check({ output, slow, attr }: TypedTailFilter & { output?: string }): Problem[] {
  const problems: Problem[] = [];
  const complain = (option: string, value: string, fix: string) =>
    problems.push({ option, source: 'flag', value, message: 'not understood', fix });
  if (output !== undefined && !FORMAT_NAMES.includes(output))
    complain('--output', output, `Use one of: ${FORMAT_NAMES.join(', ')}.`);
  if (slow !== undefined && !durationMs().safeParse(slow).success)
    complain('--slow', slow, 'Type a time with its unit, such as 500ms.');
  if (attr !== undefined && !/^[^=]+=/.test(attr)) complain('--attr', attr, 'Type it as user.id=worf.');
  return problems;
}
