// Part of cli: `sidecast dead-letters`: what destinations refused for good.
import { integer } from '../config/option.ts';
import type { Problem } from '../config/problems.ts';
import { readCommandLine } from './command-line.ts';
import { renderGroups } from './dead-letters-table.ts';
import type { Edge } from './edge.ts';
import { checkFilter, type FoundLetters, findDeadLetters, NotFoundError } from './find-dead-letters.ts';

const MAX_SHOWN = 100;

export async function deadLetters(edge: Edge): Promise<number> {
  const line = readCommandLine(edge, 'dead-letters', (values) => [
    ...checkFilter(values).problems,
    ...checkShow(values.show),
  ]);
  if (typeof line === 'number') return line;
  try {
    const found = await findDeadLetters(line, Number(line.values.show ?? 0));
    if (line.values.json) edge.stdout(JSON.stringify({ source: found.source, ...found.list }));
    else show(edge, found);
    return 0;
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    edge.stderr(`sidecast: ${error.message}`);
    return 1;
  }
}

function checkShow(typed = '0'): Problem[] {
  if (integer(0, MAX_SHOWN).safeParse(typed).success) return [];
  const fix = `Type a whole number up to ${MAX_SHOWN}.`;
  return [{ option: '--show', source: 'flag', value: typed, message: 'not understood', fix }];
}

function show(edge: Edge, { list, source }: FoundLetters): void {
  const { groups, newest, dir, unreadable } = list;
  const where = dir ?? 'memory';
  edge.stdout(groups.length === 0 ? 'There are no such dead letters.' : renderGroups(groups));
  for (const letter of newest) edge.stdout(JSON.stringify(letter, null, 2));
  edge.stderr(`Read from ${where}, by ${source}.`);
  if (unreadable > 0)
    edge.stderr(`${unreadable} lines are no letters: writing them was cut off, or somebody edited them.`);
  if (groups.some(({ letters, suspect, replayed }) => letters > suspect + replayed))
    edge.stderr('Send them again with: sidecast replay --dry-run, then sidecast replay.');
}
