// Part of cli: dead letters as the running sidecast knows them, or from its files when none runs.
import { access, constants } from 'node:fs/promises';
import { json } from 'node:stream/consumers';
import type { DeadLetterList } from '../admin/api/dead-letters.ts';
import { resolveDataDir } from '../app/data-dir.ts';
import { deadLetterDir } from '../app/dead-letters.ts';
import { parseFilter, type TypedFilter } from '../delivery/dead-letters/filter.ts';
import { readMarks } from '../delivery/dead-letters/marks.ts';
import { readDirectory } from '../delivery/dead-letters/read.ts';
import { summarize } from '../delivery/dead-letters/summary.ts';
import { systemClock } from '../model/clock.ts';
import { type AdminPort, adminPort, ask, complaintOf, NoSidecastError } from './admin-port.ts';
import type { CommandLine } from './command-line.ts';
import { FILTER_NAMES, type FilterOptions } from './commands.ts';

export const checkFilter = (typed: TypedFilter) => parseFilter(typed, 'flag', systemClock.now());

export interface FoundLetters {
  list: DeadLetterList;
  /** Who was asked. */
  source: string;
}

export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
}

/** The running sidecast also knows what is in memory. --data-dir names the files themselves. Throws NotFoundError. */
export async function findDeadLetters(
  line: CommandLine<FilterOptions>,
  newest: number,
): Promise<FoundLetters> {
  const { values, config, env, configFlags } = line;
  const dataDir = resolveDataDir(config.journal.dataDir, env);
  if (configFlags.has('--data-dir')) return readFiles(dataDir, values, newest, '');
  try {
    return await askSidecast(adminPort(config), values, newest);
  } catch (error) {
    if (error instanceof NoSidecastError) return readFiles(dataDir, values, newest, `; ${error.message}`);
    throw error;
  }
}

async function askSidecast(port: AdminPort, typed: TypedFilter, newest: number): Promise<FoundLetters> {
  const query = filterQuery(typed);
  query.set('newest', String(newest));
  query.set('full', 'true');
  const answer = await ask(port, { method: 'GET', path: 'api/dead-letters', query });
  if (answer.statusCode !== 200)
    throw new NotFoundError(`${port.url.origin} answers ${answer.statusCode}: ${await complaintOf(answer)}`);
  return { list: (await json(answer)) as DeadLetterList, source: `the sidecast at ${port.url.origin}` };
}

/** Works while sidecast is stopped. `because` says why it was not asked. */
async function readFiles(
  dataDir: string,
  typed: TypedFilter,
  newest: number,
  because: string,
): Promise<FoundLetters> {
  const dir = deadLetterDir(dataDir);
  if (dir === null)
    throw new NotFoundError(`there is nothing to read: the data directory is memory${because}`);
  try {
    await access(dataDir, constants.R_OK | constants.X_OK);
    let unreadable = 0;
    const letters = readDirectory(dir, checkFilter(typed).filter, () => unreadable++);
    const summary = await summarize(letters, await readMarks(dir), { newest, inFull: true });
    return { list: { ...summary, dir, unreadable }, source: `its files${because}` };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const fix = 'Name the directory with --data-dir, or the port of a sidecast with --admin-port.';
    throw new NotFoundError(`${dataDir} cannot be read (${code ?? message})${because}. ${fix}`);
  }
}

export function filterQuery(typed: TypedFilter): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of FILTER_NAMES) if (typed[name] !== undefined) query.set(name, typed[name]);
  return query;
}
