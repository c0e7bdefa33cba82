// Part of delivery: dead letters out of their files, oldest first. Works beside a sidecast that is writing, and without one.
import { join } from 'node:path';
import { listLetterFiles } from './files.ts';
import { type LetterFilter, matches } from './filter.ts';
import { letterKey } from './letter.ts';
import { type Line, readLinesOf } from './lines.ts';
import { type ParsedLetter, parseLetter } from './parse.ts';

/** `line` is the letter as it was written, contents and all. */
export type FoundLetter = ParsedLetter & { line: Buffer };

/** Hears of each line that is no letter. */
export type OnUnreadable = () => void;

export async function* readDirectory(
  dir: string,
  filter: LetterFilter,
  onUnreadable: OnUnreadable,
): AsyncGenerator<FoundLetter> {
  yield* chosenLetters(linesOf(dir, filter), filter, onUnreadable);
}

/** A letter that a crash had written twice comes once. */
export async function* chosenLetters(
  lines: AsyncIterable<Line>,
  filter: LetterFilter,
  onUnreadable: OnUnreadable,
): AsyncGenerator<FoundLetter> {
  const seen = new Set<string>();
  for await (const { bytes, isTorn } of lines) {
    if (bytes.length === 0) continue;
    const letter = parseLetter(bytes);
    if (!letter) {
      if (!isTorn) onUnreadable();
      continue;
    }
    if (!matches(letter.head, filter)) continue;
    const key = `${letter.head.destination} ${letterKey(letter.head)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    yield { ...letter, line: bytes };
  }
}

/** As it all is at the first moment: a letter that is born while this is read is not among them. */
async function* linesOf(dir: string, { destination, sinceMs = 0 }: LetterFilter): AsyncGenerator<Line> {
  const firstDay = new Date(sinceMs).toISOString().slice(0, 10);
  for (const file of await listLetterFiles(dir)) {
    const isMeant = file.destination === (destination ?? file.destination);
    if (isMeant && file.day >= firstDay) yield* readLinesOf(join(dir, file.name), file.bytes);
  }
}
