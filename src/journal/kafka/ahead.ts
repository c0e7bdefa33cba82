// Part of the journal in Kafka: what is read ahead of a destination. It is read on as soon as half of it is handed out.
import type { IncomingMessage } from './client.ts';
import type { OwnedPartition } from './owned.ts';

export interface AheadMessage {
  owned: OwnedPartition;
  message: IncomingMessage;
}

export const AHEAD_BYTES = 1024 * 1024;

export class Ahead {
  #messages: AheadMessage[] = [];
  #bytes = 0;

  get isLow(): boolean {
    return this.#bytes < AHEAD_BYTES / 2;
  }

  push(owned: OwnedPartition, messages: readonly IncomingMessage[]): void {
    for (const message of messages) {
      this.#messages.push({ owned, message });
      this.#bytes += message.value.length;
    }
  }

  shift(): AheadMessage | undefined {
    const first = this.#messages.shift();
    if (first) this.#bytes -= first.message.value.length;
    return first;
  }

  drop(lost: readonly OwnedPartition[]): void {
    this.#messages = this.#messages.filter(({ owned }) => !lost.includes(owned));
    this.#bytes = this.#messages.reduce((sum, { message }) => sum + message.value.length, 0);
  }
}
