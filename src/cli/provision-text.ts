// Part of cli: what `provision` found and did, for people and as JSON.
import type { Done } from '../provision/apply.ts';
import { type Action, type Change, isToDo, type Step } from '../provision/plan.ts';

interface Wording {
  sign: string;
  word: string;
  /** What the sum at the end says. */
  sum: string;
}

const PLANNED: Readonly<Record<Action, Wording>> = {
  create: { sign: '+', word: 'create', sum: 'to create' },
  update: { sign: '~', word: 'update', sum: 'to update' },
  delete: { sign: '-', word: 'delete', sum: 'to delete' },
  unchanged: { sign: '=', word: 'unchanged', sum: 'unchanged' },
  'left alone': { sign: ' ', word: 'left alone', sum: 'left alone' },
};
const APPLIED: Readonly<Record<Action, Wording>> = {
  ...PLANNED,
  create: { sign: '+', word: 'created', sum: 'created' },
  update: { sign: '~', word: 'updated', sum: 'updated' },
  delete: { sign: '-', word: 'deleted', sum: 'deleted' },
};
const FOR_EVER = 'for ever as it was made: delete it, or change the file';

export function renderPlan(done: readonly Done[], region: string): string {
  const nothing = done.some(({ step }) => isToDo(step)) ? [] : ['nothing to do'];
  return render(done, region, PLANNED, nothing);
}

export function renderApplied(done: readonly Done[], region: string): string {
  return render(done, region, APPLIED, []);
}

function render(
  done: readonly Done[],
  region: string,
  wordings: Readonly<Record<Action, Wording>>,
  sums: readonly string[],
): string {
  const worded = done.map((one) => ({ ...one, wording: wordingOf(one, wordings) }));
  const wordWidth = Math.max(...worded.map(({ wording: { word } }) => word.length));
  const titleWidth = Math.max(...worded.map(({ step: { kind } }) => kind.title.length));
  const lines = worded.flatMap(({ step, failure, wording: { sign, word } }) => [
    `${sign} ${word.padEnd(wordWidth)}  ${step.kind.title.padEnd(titleWidth)}  ${step.name}${asides(step)}`,
    ...(failure === undefined ? [] : [`    ${failure}`]),
    ...step.changes.map((change) => `    ${renderChange(change)}`),
    ...step.stuck.map((change) => `    ${renderChange(change)}: ${FOR_EVER}`),
  ]);
  const counts = new Map<string, number>();
  for (const { wording } of worded) counts.set(wording.sum, (counts.get(wording.sum) ?? 0) + 1);
  const summary = [...sums, ...[...counts].map(([sum, count]) => `${count} ${sum}`)];
  return [...lines, '', `In ${region}: ${summary.join(', ')}.`].join('\n');
}

function wordingOf({ step, failure }: Done, wordings: Readonly<Record<Action, Wording>>): Wording {
  const wording = wordings[step.action];
  if (failure !== undefined) return { sign: '!', word: `not ${wording.word}`, sum: `not ${wording.sum}` };
  if (step.action === 'unchanged' && step.stuck.length > 0)
    return { sign: '!', word: 'differs', sum: 'cannot be changed' };
  return wording;
}

const asides = ({ at, note }: Step) => [at, note].map((text) => (text ? `  (${text})` : '')).join('');

function renderChange({ field, from, to }: Change): string {
  const shown = JSON.stringify(to);
  return from === undefined ? `${field}: ${shown}` : `${field}: ${JSON.stringify(from)} → ${shown}`;
}

export function toJson(done: readonly Done[], region: string): object {
  return {
    region,
    steps: done.map(({ step: { action, kind, name, at, note, changes, stuck }, failure }) => ({
      action,
      kind: kind.id,
      name,
      file: at ?? null,
      changes: changes.map(shownChange),
      cannotBeChanged: stuck.map(shownChange),
      note: note ?? null,
      failure: failure ?? null,
    })),
  };
}

const shownChange = ({ field, from, to }: Change) => ({ field, from: from ?? null, to });
