// Part of processors/redact: chooses the thread. What is clean, and what is small, is done at once where it is.
import type { Clock } from '../../model/clock.ts';
import type { Accepted } from '../../model/signals.ts';
import type { RedactConfig } from './config.ts';
import { type RedactionCounts, summed } from './counts.ts';
import { createRedactor } from './index.ts';
import { settingsOf, withPatterns } from './settings.ts';
import { createRedactThread } from './thread.ts';

export interface BackgroundRedactor {
  /** A promise where it takes the thread. Throws or rejects for bugs: what was handed in must not go on then. */
  redact(accepted: Accepted): Accepted | Promise<Accepted>;
  counts(): RedactionCounts;
  end(): Promise<void>;
}

/** Redacting takes 0.1 to 0.3 µs for a byte (npm run bench has the machine): 3 to 10 ms. */
export const LARGE_DIRTY_BYTES = 32 * 1024;
/**
 * Of dirty ones so much is done here in a row, and in each second: a tenth of the thread's time at most. In one of a thousand requests
 * of 500 spans three letters of a name come about by chance, within ids, and few people log secrets all day: a thread of their own is
 * 15 MB, and 100 ms of CPU to start.
 */
export const HERE_BYTES = 256 * 1024;
const HERE_BYTES_PER_MS = 1024;
/** Looking for the first secret takes 2 to 4 ns for a byte: 2 to 4 ms. */
export const LARGE_BYTES = 1024 * 1024;

/** Without a file, running from sources, everything is done in this thread. */
export function createBackgroundRedactor(
  config: RedactConfig,
  file: URL | undefined,
  clock: Clock,
): BackgroundRedactor {
  const settings = settingsOf(config);
  const redactor = createRedactor(withPatterns(settings));
  let counted: RedactionCounts = {};
  const add = (counts: RedactionCounts) => {
    counted = summed(counted, counts);
  };
  const thread = file && config.mode !== 'off' ? createRedactThread(file, settings, clock, add) : undefined;
  let hereBytes = HERE_BYTES;
  let lastDirtyMs = clock.now();

  /** True of what is dirty while little else was. */
  function isRare(length: number): boolean {
    const nowMs = clock.now();
    hereBytes = Math.min(HERE_BYTES, hereBytes + Math.abs(nowMs - lastDirtyMs) * HERE_BYTES_PER_MS);
    lastDirtyMs = nowMs;
    if (length > hereBytes) return false;
    hereBytes -= length;
    return true;
  }

  return {
    redact(accepted) {
      const { length } = accepted.payload;
      if (!thread || length <= LARGE_DIRTY_BYTES) return redactor.redact(accepted);
      if (length > LARGE_BYTES) return thread.redact(accepted);
      const dirtyBytes = redactor.dirtyBytes(accepted);
      if (dirtyBytes === 0) return accepted;
      return isRare(dirtyBytes) ? redactor.redact(accepted) : thread.redact(accepted);
    },
    counts: () => summed(redactor.counts(), counted),
    end: async () => thread?.end(),
  };
}
