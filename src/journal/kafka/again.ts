// Part of the journal in Kafka: single records again: those that were put aside, and those of which only the position was kept.
import type { JournalRecord, Position } from '../../model/signals.ts';
import { Turns } from '../turns.ts';
import type { IncomingMessage, Member } from './client.ts';
import { headerOf } from './message.ts';
import { placeAt, positionOf, slotOf } from './position.ts';

/** What is on hold waits a few seconds and is then wanted in the order in which it came. */
const KEPT_BYTES = 2 * 1024 * 1024;
const FETCH_BYTES = 256 * 1024;

export class Again {
  readonly #member: Pick<Member, 'fetchAgain'>;
  readonly #turns = new Turns();
  readonly #kept = new Map<Position, IncomingMessage>();
  #keptBytes = 0;

  constructor(member: Pick<Member, 'fetchAgain'>) {
    this.#member = member;
  }

  keep(record: JournalRecord): void {
    const { position, payload, receivedAtMs } = record;
    this.#keep(position, {
      offset: placeAt(position).offset,
      timestampMs: receivedAtMs,
      value: Buffer.from(payload.buffer, payload.byteOffset, payload.length),
      header: Buffer.from(headerOf(record)),
    });
  }

  /** Undefined when there is nothing at that place any more. Rejects while the brokers cannot be read. */
  read(position: Position): Promise<IncomingMessage | undefined> {
    return this.#turns.take(async () => {
      const kept = this.#take(position);
      if (kept) return kept;
      const place = placeAt(position);
      let found: IncomingMessage | undefined;
      for (const message of await this.#member.fetchAgain(place, FETCH_BYTES)) {
        if (message.offset === place.offset) found = message;
        else this.#keep(positionOf(slotOf(place), message.offset), message);
      }
      return found;
    });
  }

  #keep(position: Position, message: IncomingMessage): void {
    this.#take(position);
    this.#kept.set(position, message);
    this.#keptBytes += message.value.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= KEPT_BYTES) return;
      this.#take(oldest);
    }
  }

  #take(position: Position): IncomingMessage | undefined {
    const message = this.#kept.get(position);
    if (!message) return undefined;
    this.#kept.delete(position);
    this.#keptBytes -= message.value.length;
    return message;
  }
}
