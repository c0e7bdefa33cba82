// Part of delivery: what is refused for good is kept as a dead letter before it is settled.
import type { JournalReader } from '../journal/journal.ts';
import type { Clock } from '../model/clock.ts';
import type { Reason } from '../model/reasons.ts';
import { deadLettersOf, suspectLetterOf } from './dead-letters/letter.ts';
import type { ItemRange, VendorAnswer } from './exporter.ts';
import type { DeliveryOptions } from './loop.ts';

/** A dead letter that could not be written is tried again this often. */
const BURY_AGAIN_MS = 1000;

export type Bury = (
  sources: ItemRange,
  reason: Reason,
  vendor: VendorAnswer | null,
  suspect?: boolean,
) => Promise<boolean>;

/**
 * Writes the dead letter before anything is settled, so that a crash between the two repeats it rather than loses it. While
 * it cannot be written the destination waits: its data is in the journal. False when everything ends meanwhile.
 */
export function createBury(
  {
    destination,
    deadLetters,
    clock,
  }: Pick<DeliveryOptions<unknown>, 'destination' | 'deadLetters' | 'clock'>,
  reader: Pick<JournalReader, 'read'>,
  stopped: AbortSignal,
): Bury {
  return async ({ position, from, to }, reason, vendor, suspect = false) => {
    const read = await reader.read(position);
    if (!read) return true;
    const death = { destination, from, to, reason, vendor, deadAtMs: clock.now() };
    for (;;) {
      const letters = suspect ? [suspectLetterOf(read.record, death)] : deadLettersOf(read.record, death);
      const isKept = await deadLetters.write(letters).then(
        () => true,
        () => false,
      );
      if (isKept || stopped.aborted) return isKept;
      await pause(clock, BURY_AGAIN_MS, stopped);
    }
  };
}

/** Ends early when `stopped` does. */
function pause(clock: Clock, ms: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      stopped.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.schedule(ms, end);
    stopped.addEventListener('abort', end);
  });
}
