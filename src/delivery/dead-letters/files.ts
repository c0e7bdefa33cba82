// Part of delivery: the dead letters of each destination in a file a day, within a bound of bytes and of age. Oldest file first.
import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { DESTINATION_IDS, type DestinationId } from '../../model/signals.ts';
import type { DeadLetter } from './letter.ts';
import { appendLines, readLinesOf } from './lines.ts';

export interface LetterFile {
  name: string;
  destination: DestinationId;
  /** YYYY-MM-DD, UTC. */
  day: string;
  /** A day with much of it goes on in further files: 1, 2, … */
  part: number;
  bytes: number;
}

export interface LetterFilesOptions {
  dir: string;
  /** Of each destination. */
  maxBytes: number;
  maxAgeMs: number;
  /** Force each write to disk. */
  sync: boolean;
  /** A file made room or was too old. */
  onRemoved(file: LetterFile, letters: number, why: 'max_bytes' | 'max_age'): void;
}

/** A bound that is reached costs this part of it, not everything. */
const PARTS = 8;
const DAY_MS = 86_400_000;
const NAME = new RegExp(`^(${DESTINATION_IDS.join('|')})-(\\d{4}-\\d\\d-\\d\\d)(?:\\.(\\d+))?\\.jsonl$`);

export class LetterFiles {
  readonly #options: LetterFilesOptions;
  /** What is there, oldest first; undefined when it has to be looked at. */
  #files: LetterFile[] | undefined;

  constructor(options: LetterFilesOptions) {
    this.#options = options;
  }

  /** Never runs twice at once. */
  async append(letters: readonly DeadLetter[]): Promise<void> {
    const lines = new Map<string, string>();
    for (const letter of letters) {
      const key = `${letter.destination} ${letter.deadAt.slice(0, 10)}`;
      lines.set(key, `${lines.get(key) ?? ''}${JSON.stringify(letter)}\n`);
    }
    for (const [key, text] of lines) {
      const [destination, day] = key.split(' ') as [DestinationId, string];
      await this.#append(destination, day, text);
    }
  }

  /** Removes what is older than the bound, or above it since somebody lowered it. */
  async sweep(nowMs: number): Promise<void> {
    this.#files = await listLetterFiles(this.#options.dir);
    for (const file of [...this.#files]) {
      if (Date.parse(file.day) + DAY_MS + this.#options.maxAgeMs < nowMs) await this.#remove(file, 'max_age');
    }
    for (const destination of DESTINATION_IDS) await this.#makeRoom(destination, 0, undefined);
  }

  async #append(destination: DestinationId, day: string, lines: string): Promise<void> {
    const { dir, maxBytes, sync } = this.#options;
    const bytes = Buffer.byteLength(lines);
    const file = await this.#fileFor(destination, day, maxBytes / PARTS);
    await this.#makeRoom(destination, bytes, file);
    try {
      await appendLines(join(dir, file.name), lines, sync);
      file.bytes += bytes;
    } catch (error) {
      this.#files = undefined;
      throw error;
    }
  }

  async #fileFor(destination: DestinationId, day: string, fullBytes: number): Promise<LetterFile> {
    this.#files ??= await listLetterFiles(this.#options.dir);
    const last = this.#files.findLast((file) => file.destination === destination && file.day === day);
    if (last && last.bytes < fullBytes) return last;
    const part = (last?.part ?? 0) + 1;
    const name = `${destination}-${day}${part === 1 ? '' : `.${part}`}.jsonl`;
    const file = { name, destination, day, part, bytes: 0 };
    this.#files.push(file);
    this.#files.sort(byAge);
    return file;
  }

  async #makeRoom(destination: DestinationId, bytes: number, keep: LetterFile | undefined): Promise<void> {
    const own = (this.#files ?? []).filter((file) => file.destination === destination);
    let total = own.reduce((sum, file) => sum + file.bytes, bytes);
    for (const file of own) {
      if (total <= this.#options.maxBytes) return;
      if (file === keep) continue;
      await this.#remove(file, 'max_bytes');
      total -= file.bytes;
    }
  }

  async #remove(file: LetterFile, why: 'max_bytes' | 'max_age'): Promise<void> {
    const path = join(this.#options.dir, file.name);
    let letters = 0;
    for await (const { isTorn } of readLinesOf(path)) letters += isTorn ? 0 : 1;
    this.#files = this.#files?.filter((other) => other !== file);
    const isRemoved = await unlink(path).then(
      () => true,
      () => false,
    );
    if (isRemoved) this.#options.onRemoved(file, letters, why);
  }
}

/** Oldest first; none when the directory is not there. */
export async function listLetterFiles(dir: string): Promise<LetterFile[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const files = await Promise.all(
    names.map(async (name) => {
      const [, destination, day = '', part = '1'] = NAME.exec(name) ?? [];
      if (!destination) return undefined;
      const { size } = await stat(join(dir, name)).catch(() => ({ size: 0 }));
      return { name, destination: destination as DestinationId, day, part: Number(part), bytes: size };
    }),
  );
  return files.filter((file) => file !== undefined).sort(byAge);
}

const byAge = (a: LetterFile, b: LetterFile) => a.day.localeCompare(b.day) || a.part - b.part;
