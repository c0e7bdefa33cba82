// Part of intake: what happens to what was received before it is stored.
import type { Accepted } from '../model/signals.ts';

/** May overwrite bytes of the payload in place; returns what goes on, later where it takes long. Throws RefusedError to keep something out. */
export type Processor = (accepted: Accepted) => Accepted | Promise<Accepted>;

/** One after the other; a turn of the event loop is spent only where one takes its time. */
export async function processedBy(processors: readonly Processor[], accepted: Accepted): Promise<Accepted> {
  let current = accepted;
  for (const process of processors) {
    const result = process(current);
    current = result instanceof Promise ? await result : result;
  }
  return current;
}
