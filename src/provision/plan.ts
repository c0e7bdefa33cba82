// Part of provision: what is to be done so that AWS has what the files ask for.
import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '../config/json.ts';
import { complaintOf } from './failure.ts';
import { KINDS, type Wanted } from './files.ts';
import type { Account, Fields, Kind } from './kind.ts';

export interface Change {
  field: string;
  /** Undefined where there is nothing yet. */
  from: unknown;
  to: unknown;
}

export type Action = 'create' | 'update' | 'delete' | 'unchanged' | 'left alone';

export interface Step {
  action: Action;
  kind: Kind;
  name: string;
  /** Where a file asks for it; absent for what no file asks for. */
  at?: string;
  value?: JsonObject;
  changes: readonly Change[];
  /** Differences that nothing but making it anew would mend. */
  stuck: readonly Change[];
  /** Why it is left alone. */
  note?: string;
}

/** What is there cannot be told, so that nothing was planned. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/** `prune`: what no file asks for is deleted, of the kinds that a file has something of. */
export async function planFor(
  wanted: readonly Wanted[],
  account: Account,
  { prune }: { prune: boolean },
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (const kind of KINDS) {
    const ofKind = wanted.filter((one) => one.kind === kind);
    if (ofKind.length === 0) continue;
    const names = ofKind.map(({ name }) => name);
    const found = await kind.read(account, names).catch((error: unknown) => {
      throw new UnreadableError(complaintOf(error, kind));
    });
    steps.push(...ofKind.map((one) => stepFor(one, found.get(one.name))));
    const others = [...found.keys()].filter((name) => !names.includes(name));
    steps.push(...others.map((name) => stepForOther(kind, name, prune)));
  }
  return steps;
}

/** What is left to do; a plan without it is done. */
export function isToDo({ action, stuck }: Step): boolean {
  return action === 'create' || action === 'update' || action === 'delete' || stuck.length > 0;
}

function stepFor({ kind, name, input }: Wanted, found: Fields | undefined): Step {
  const step = { kind, name, at: input.at(), value: input.value, changes: [], stuck: [] };
  if (kind.isReserved(name)) return { ...step, action: 'left alone', note: "X-Ray's own" };
  const different = differences(kind.fieldsOf(input.value), found);
  if (!found) return { ...step, action: 'create', changes: different };
  const isFixed = ({ field }: Change) => kind.fixed.includes(field);
  const changes = different.filter((change) => !isFixed(change));
  const stuck = different.filter(isFixed);
  return { ...step, action: changes.length > 0 ? 'update' : 'unchanged', changes, stuck };
}

function stepForOther(kind: Kind, name: string, prune: boolean): Step {
  const step = { kind, name, changes: [], stuck: [] };
  if (kind.isReserved(name)) return { ...step, action: 'left alone', note: "X-Ray's own" };
  if (prune && kind.remove) return { ...step, action: 'delete' };
  return { ...step, action: 'left alone', note: 'in no file; --prune deletes it' };
}

function differences(wanted: Fields, found: Fields | undefined): Change[] {
  return [...wanted]
    .map(([field, to]) => ({ field, from: found?.get(field), to }))
    .filter(({ from, to }) => !isDeepStrictEqual(from, to));
}
