// Part of the journal: reads for one destination. From memory near the end, in runs of about 1 MiB from disk behind it.
import type { DestinationId, JournalRecord, Position } from '../model/signals.ts';
import type { JournalEvents, JournalReader, ReadRecord } from './journal.ts';
import type { Frame } from './record.ts';
import type { SegmentList } from './segments.ts';
import type { Settlements } from './settlements.ts';
import type { Tail } from './tail.ts';

const READ_AHEAD_BYTES = 1024 * 1024;

export function createReader(
  destination: DestinationId,
  settlements: Settlements,
  segments: SegmentList,
  tail: Tail,
  events: JournalEvents,
): JournalReader {
  let cursor: Position = 0;
  let ahead: { from: Position; frames: readonly Frame[] } = { from: 0, frames: [] };

  async function fetch(position: Position): Promise<Frame | 'gone'> {
    const segment = segments.find(position);
    if (!segment || position < segment.first) return 'gone';
    if (position < ahead.from || position >= ahead.from + ahead.frames.length) {
      // A segment removed while it is read was settled or evicted: its records are gone all the same.
      const frames = await segment.readFrames(position, READ_AHEAD_BYTES).catch(() => []);
      ahead = { from: position, frames };
    }
    return ahead.frames[position - ahead.from] ?? 'gone';
  }

  async function load(position: Position): Promise<JournalRecord | undefined> {
    const recent = tail.get(position);
    if (recent) return recent;
    const frame = await fetch(position);
    if (frame === 'gone' || settlements.has(position)) return undefined;
    // The copy lets go of the megabyte that was read.
    if (frame.status === 'whole') return { ...frame.record, payload: frame.record.payload.slice() };
    const items = Math.max(1, segments.find(position)?.items(position) ?? 1);
    settlements.settle(position);
    events.evicted({ destination, position, items, code: 'journal_damaged' });
    return undefined;
  }

  function withSettled(record: JournalRecord): ReadRecord {
    return { record, settled: settlements.items(record.position) };
  }

  return {
    async next() {
      for (;;) {
        cursor = settlements.nextUnsettled(cursor);
        if (cursor >= segments.end) return undefined;
        const segment = segments.find(cursor);
        if (segment && cursor < segment.first) {
          cursor = segment.first;
          continue;
        }
        const position = cursor;
        cursor += 1;
        const record = await load(position);
        if (record) return withSettled(record);
      }
    },
    async read(position) {
      if (settlements.has(position)) return undefined;
      const record = await load(position);
      return record && withSettled(record);
    },
  };
}
