// Part of the tests: a journal on disk that was left behind, to be damaged, and what a start finds of it.
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Journal, JournalReader } from '../../src/journal/journal.ts';
import type { JournalOptions } from '../../src/journal/open.ts';
import type { DestinationId, Position } from '../../src/model/signals.ts';
import { accepted, journalEvents, type SeenEvents, startJournal } from '../support/records.ts';

export const never = new AbortController().signal;

/** Segments of 8 KiB, which five records fill. */
export const SMALL = { maxBytes: 64 * 1024 };
export const PER_SEGMENT = 5;
const RECORD_BYTES = 1500;

export const textOf = (number: number) => `record ${number} `.padEnd(RECORD_BYTES, 'x');

export async function appendAll(journal: Journal, count: number, from = 0): Promise<Position[]> {
  const positions: Position[] = [];
  // One after the other: each is a write of its own.
  for (let number = from; number < from + count; number += 1)
    positions.push(await journal.append(accepted(textOf(number), 3)));
  return positions;
}

export async function readAll(reader: JournalReader): Promise<string[]> {
  const texts: string[] = [];
  for (let read = await reader.next(); read; read = await reader.next())
    texts.push(Buffer.from(read.record.payload).toString());
  return texts;
}

/** Which records a destination gets, by number. */
export async function readNumbers(
  journal: Journal,
  destination: DestinationId = 'honeycomb',
): Promise<number[]> {
  const texts = await readAll(journal.reader(destination));
  const numbers = texts.map((text) => Number(/^record (\d+) x+$/.exec(text)?.[1] ?? Number.NaN));
  if (texts.some((text, index) => text !== textOf(numbers[index] ?? -1)))
    throw new Error('garbage was delivered');
  return numbers;
}

export async function segmentFiles(dataDir: string): Promise<string[]> {
  const names = (await readdir(join(dataDir, 'journal'))).filter((name) => name.endsWith('.seg'));
  return names.sort().map((name) => join(dataDir, 'journal', name));
}

export const numbersTo = (end: number) => Array.from({ length: end }, (_, index) => index);

export async function startSeen(
  options: Partial<JournalOptions> & { dataDir: string },
): Promise<{ journal: Journal; events: SeenEvents }> {
  const events = journalEvents();
  return { journal: await startJournal({ ...SMALL, events, ...options }), events };
}

/** Items counted as lost for a destination, by whatever event. */
export function countedBy(events: SeenEvents, destination: DestinationId): number {
  const gone = [...events.missingRecords, ...events.evictedRecords].filter(
    (one) => one.destination === destination,
  );
  return gone.reduce((sum, { items }) => sum + items, 0) + (events.lostItems[destination] ?? 0);
}
