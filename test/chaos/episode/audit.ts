// Part of the chaos tests: what became of every item, by the destinations' own books and the dead letters.
import { DESTINATION_IDS, type DestinationId } from '../../../src/model/signals.ts';
import { readLetters } from '../letters.ts';
import type { SourceItem } from './items.ts';

export interface Outcome {
  /** Items that the destination has a use for. */
  items: number;
  arrived: number;
  /** Refused for good: in the dead letters and not, or not as a whole, at the vendor. */
  rejected: number;
  /** Missing, and in a request of which the vendor refused some items without saying which. */
  suspect: number;
  /** At the vendor and in the dead letters: a kill, or an answer that was lost, came between the two. */
  both: number;
  duplicates: number;
  /** Neither. */
  lost: readonly Lost[];
}

export interface Lost {
  names: readonly string[];
  sentAtMs: number;
}

export async function auditItems(
  sandboxUrl: string,
  dataDir: string,
  items: readonly SourceItem[],
): Promise<Readonly<Record<DestinationId, Outcome>>> {
  const outcomes = await Promise.all(
    DESTINATION_IDS.map(async (id) => [id, await auditAt(sandboxUrl, dataDir, id, items)] as const),
  );
  return Object.fromEntries(outcomes) as Record<DestinationId, Outcome>;
}

async function auditAt(
  sandboxUrl: string,
  dataDir: string,
  destination: DestinationId,
  items: readonly SourceItem[],
): Promise<Outcome> {
  const wanted = items.flatMap(({ ids, sentAtMs = 0 }) => {
    const names = ids[destination];
    return names ? [{ names, sentAtMs }] : [];
  });
  const books = await askSandbox(
    sandboxUrl,
    destination,
    wanted.flatMap(({ names }) => names),
  );
  const missing = new Set(books.missing);
  const letters = readLetters(dataDir, destination);
  const outcome = { items: wanted.length, arrived: 0, rejected: 0, suspect: 0, both: 0 };
  const lost: Lost[] = [];
  for (const { names, sentAtMs } of wanted) {
    const isThere = names.every((name) => !missing.has(name));
    const isDead = names.some((name) => letters.ids.has(name));
    if (isThere) outcome.arrived += 1;
    if (isThere && isDead) outcome.both += 1;
    else if (isDead) outcome.rejected += 1;
    else if (!isThere && names.some((name) => letters.suspects.has(name))) outcome.suspect += 1;
    else if (!isThere) lost.push({ names, sentAtMs });
  }
  return { ...outcome, duplicates: books.duplicated.length, lost };
}

async function askSandbox(
  sandboxUrl: string,
  destination: DestinationId,
  ids: readonly string[],
): Promise<{ missing: readonly string[]; duplicated: readonly string[] }> {
  const answer = await fetch(`${sandboxUrl}/_sandbox/audit`, {
    method: 'POST',
    body: JSON.stringify({ destination, ids }),
  });
  return (await answer.json()) as { missing: string[]; duplicated: string[] };
}
