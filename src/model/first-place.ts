// Part of the model: where an item lay when it first arrived. It names what has no id of its own, so a replay keeps it.
import type { JournalRecord, Position } from './signals.ts';

export interface FirstPlace {
  position: Position;
  item: number;
  receivedAtMs: number;
}

/** Of the record's first item; that of the others follows. */
export function firstPlaceOf({
  position,
  receivedAtMs,
  origin,
}: Pick<JournalRecord, 'position' | 'receivedAtMs' | 'origin'>): FirstPlace {
  const [, at, item, received] = /^(\d+):(\d+)@(.+)$/.exec(origin.first ?? '') ?? [];
  const firstReceivedAtMs = Date.parse(received ?? '');
  if (Number.isNaN(firstReceivedAtMs)) return { position, item: 0, receivedAtMs };
  return { position: Number(at), item: Number(item), receivedAtMs: firstReceivedAtMs };
}

/** `<position>:<item>@<received at>`, as a dead letter is known. */
export function renderPlace({ position, item, receivedAtMs }: FirstPlace): string {
  return `${position}:${item}@${new Date(receivedAtMs).toISOString()}`;
}
