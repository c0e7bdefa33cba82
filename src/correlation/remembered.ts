// Part of correlation: who speaks what, on disk, so that a restart need not learn it again. Losing it loses nothing.
import { keptJson } from '../model/kept-json.ts';
import { type Speaker, toRemembered } from './speaker.ts';

export interface Remembered {
  /** [] when there is nothing that can be read. */
  read(): Promise<readonly unknown[]>;
  /** Never rejects: what could not be written is learnt again. */
  write(speakers: readonly Speaker[]): Promise<void>;
}

export const nothingRemembered: Remembered = { read: async () => [], write: async () => undefined };

export function rememberedIn(file: string): Remembered {
  const kept = keptJson(file);
  return {
    async read() {
      const content = (await kept.read()) as { speakers?: unknown } | null | undefined;
      return Array.isArray(content?.speakers) ? content.speakers : [];
    },
    write(speakers) {
      // As they are now: they change.
      const json = JSON.stringify({ speakers: speakers.map(toRemembered) });
      return kept.write(() => json);
    },
  };
}
