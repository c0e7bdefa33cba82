// Part of cli: `sidecast replay`: dead letters go through the running sidecast again, to the destination where they died.
import { open } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { readLines } from '../delivery/dead-letters/lines.ts';
import type { LeftWhy, ReplayLine } from '../intake/replay/report.ts';
import { adminPort, ask, complaintOf, NoSidecastError } from './admin-port.ts';
import { type CommandLine, readCommandLine } from './command-line.ts';
import type { OptionsOf } from './commands.ts';
import { renderLetter, renderTallies, renderWaiting } from './dead-letters-table.ts';
import type { Edge } from './edge.ts';
import { checkFilter, filterQuery } from './find-dead-letters.ts';

/** They should have been sent and were not. */
const FAILURES: readonly LeftWhy[] = ['refused', 'unmarked'];

export async function replay(edge: Edge): Promise<number> {
  const line = readCommandLine(edge, 'replay', (values) => checkFilter(values).problems);
  if (typeof line === 'number') return line;
  try {
    const answer = await send(line, await lettersOf(line.values.file));
    if (answer.statusCode === 200) return await show(edge, answer, line.values.json !== undefined);
    edge.stderr(`sidecast: ${await complaintOf(answer)}`);
    return answer.statusCode === 400 ? 2 : 1;
  } catch (error) {
    if (!(error instanceof NoSidecastError || error instanceof NoFileError)) throw error;
    const isUsage = error instanceof NoFileError;
    const fix = isUsage ? '' : ' Start it, or name its port with --admin-port.';
    edge.stderr(`sidecast: nothing was sent: ${error.message}.${fix}`);
    return isUsage ? 2 : 1;
  }
}

class NoFileError extends Error {
  override readonly name = 'NoFileError';
}

async function lettersOf(file: string | undefined): Promise<Readable | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await open(file)).createReadStream();
  } catch (error) {
    throw new NoFileError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function send(
  { values, config }: CommandLine<OptionsOf<'replay'>>,
  letters: Readable | undefined,
): Promise<IncomingMessage> {
  const query = filterQuery(values);
  for (const name of ['suspect', 'again', 'dry-run', 'wait'] as const)
    if (values[name] !== undefined) query.set(name, values[name]);
  const type = letters ? { 'content-type': 'application/x-ndjson' } : undefined;
  return ask(adminPort(config), {
    method: 'POST',
    path: 'api/dead-letters/replay',
    query,
    headers: { 'x-sidecast': '1', ...type },
    ...(letters ? { body: letters } : {}),
  });
}

/** 0 when all that was to be sent is delivered, or in the journal. */
async function show(edge: Edge, answer: IncomingMessage, asJson: boolean): Promise<number> {
  void edge.signal.then(() => answer.destroy());
  const showLine = asJson ? (_: ReplayLine, text: string) => edge.stdout(text) : createShow(edge);
  let isComplete = false;
  let isClean = true;
  try {
    for await (const { bytes } of readLines(answer)) {
      const text = bytes.toString('utf8');
      const line = JSON.parse(text) as ReplayLine;
      isComplete ||= line.event === 'sum';
      isClean &&= !isFailure(line);
      showLine(line, text);
    }
  } catch {
    // However it ended early, the missing sum says so.
  }
  if (!isComplete)
    edge.stderr(
      'sidecast: what was sent is marked and in the journal, but not all is known: the answer ended early. See sidecast dead-letters.',
    );
  return isComplete && isClean ? 0 : 1;
}

function createShow(edge: Edge): (line: ReplayLine) => void {
  let waiting = '';
  return (line) => {
    switch (line.event) {
      case 'failed':
        return edge.stderr(`sidecast: ${line.message}`);
      case 'sum':
        return edge.stdout(renderTallies(line.destinations));
      case 'waiting': {
        const now = renderWaiting(line.queued);
        if (now !== waiting) edge.stderr(now);
        waiting = now;
        return;
      }
      default:
        return edge.stdout(renderLetter(line));
    }
  };
}

function isFailure(line: ReplayLine): boolean {
  switch (line.event) {
    case 'letter':
      return line.outcome === 'rejected' || line.outcome === 'dropped';
    case 'left':
      return FAILURES.includes(line.why);
    default:
      return line.event === 'failed';
  }
}
