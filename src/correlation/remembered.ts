// Part of correlation: who speaks what, on disk, so that a restart need not learn it again. Losing it loses nothing.
import { readFile, rename, writeFile } from 'node:fs/promises';
import { type Speaker, toRemembered } from './speaker.ts';

export interface Remembered {
  /** [] when there is nothing that can be read. */
  read(): Promise<readonly unknown[]>;
  /** Never rejects: what could not be written is learnt again. */
  write(speakers: readonly Speaker[]): Promise<void>;
}

export const nothingRemembered: Remembered = { read: async () => [], write: async () => undefined };

export function rememberedIn(file: string): Remembered {
  let written: Promise<void> = Promise.resolve();

  async function replaceFile(content: string): Promise<void> {
    try {
      await writeFile(`${file}.new`, content, { mode: 0o600 });
      await rename(`${file}.new`, file);
    } catch {
      // Said above.
    }
  }

  return {
    async read() {
      try {
        const content = JSON.parse(await readFile(file, 'utf8')) as { speakers?: unknown };
        return Array.isArray(content.speakers) ? content.speakers : [];
      } catch {
        return [];
      }
    },
    write(speakers) {
      const content = JSON.stringify({ speakers: speakers.map(toRemembered) });
      written = written.then(() => replaceFile(content));
      return written;
    },
  };
}
