// Part of the journal in Kafka: a message's place as a position: the same for whoever reads it, so that ids made of it are too.
//
//   2 bits signal · 10 bits partition · 41 bits offset
//
// 53 bits are what a number holds. Offsets of one partition are neighbours, so that runs of them stay runs.
import type { Position, Signal } from '../../model/signals.ts';
import { SIGNALS } from '../record.ts';
import type { Place, PlacedOffset } from './client.ts';

const OFFSETS = 2 ** 41;
/** A topic with more cannot be read. */
export const MAX_PARTITIONS = 1024;

/** A partition among those of all topics. */
export type Slot = number;

export function slotOf({ signal, partition }: Place): Slot {
  return SIGNALS.indexOf(signal) * MAX_PARTITIONS + partition;
}

export function positionOf(slot: Slot, offset: number): Position {
  return slot * OFFSETS + offset;
}

export function slotAt(position: Position): Slot {
  return Math.floor(position / OFFSETS);
}

export function offsetAt(position: Position): number {
  return position % OFFSETS;
}

export function placeAt(position: Position): PlacedOffset {
  const slot = slotAt(position);
  const signal = SIGNALS[Math.floor(slot / MAX_PARTITIONS)] as Signal;
  return { signal, partition: slot % MAX_PARTITIONS, offset: offsetAt(position) };
}
