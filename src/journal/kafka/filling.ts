// Part of the journal in Kafka: one request to the brokers as it fills: which partition takes the next message, and when it is full.
import type { Signal } from '../../model/signals.ts';
import type { Topics } from './client.ts';
import { type Slot, slotOf } from './position.ts';
import type { Spread } from './traces.ts';

/** One request carries at most this much, so that nobody waits long for a large one. */
const MAX_GROUP_BYTES = 1024 * 1024;

export class Filling {
  readonly #topics: Topics;
  /** Which partition what may go anywhere begins with. */
  readonly #turn: number;
  readonly #filled = new Map<Slot, number>();
  /** How many partitions of a topic are full of what may go anywhere. */
  readonly #passed = new Map<Signal, number>();
  #bytes = 0;

  constructor(topics: Topics, turn: number) {
    this.#topics = topics;
    this.#turn = turn;
  }

  /** Undefined when it has to wait for the next request. The first always fits. */
  place(message: Pick<Spread, 'part' | 'partition'> & { bytes: number }): number | undefined {
    const { partition, bytes } = message;
    const { signal } = message.part;
    if (this.#bytes > 0 && this.#bytes + bytes > MAX_GROUP_BYTES) return undefined;
    const { partitions } = this.#topics[signal];
    const found = partition === undefined ? this.#anywhere(signal, bytes) : partition % partitions;
    if (found === undefined || !this.#hasRoom(signal, found, bytes)) return undefined;
    const slot = slotOf({ signal, partition: found });
    this.#filled.set(slot, (this.#filled.get(slot) ?? 0) + bytes);
    this.#bytes += bytes;
    return found;
  }

  /** One partition is filled, then the next: few large batches cost less than many small ones. */
  #anywhere(signal: Signal, bytes: number): number | undefined {
    const { partitions } = this.#topics[signal];
    for (let passed = this.#passed.get(signal) ?? 0; passed < partitions; passed++) {
      this.#passed.set(signal, passed);
      const partition = (this.#turn + passed) % partitions;
      if (this.#hasRoom(signal, partition, bytes)) return partition;
    }
    return undefined;
  }

  #hasRoom(signal: Signal, partition: number, bytes: number): boolean {
    const filled = this.#filled.get(slotOf({ signal, partition })) ?? 0;
    return filled === 0 || filled + bytes <= this.#topics[signal].maxBytes;
  }
}
