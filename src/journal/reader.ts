// Part of the journal: reads for one destination. From memory near the end, in runs of about 1 MiB from disk behind it.
import type { DestinationId, JournalRecord, Position } from '../model/signals.ts';
import type { JournalEvents, JournalReader, ReadRecord } from './journal.ts';
import type { Loans } from './loans.ts';
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
  loans: Loans,
  events: JournalEvents,
): JournalReader {
  let cursor: Position = 0;
  /** What was read ahead, as views of `buffer`, which the next run is read into. */
  let ahead: { from: Position; frames: readonly Frame[] } = { from: 0, frames: [] };
  let buffer: Buffer | undefined;

  async function fetchAhead(position: Position): Promise<Frame | undefined> {
    if (position < ahead.from || position >= ahead.from + ahead.frames.length) {
      ahead = { from: 0, frames: [] };
      buffer ??= Buffer.allocUnsafeSlow(READ_AHEAD_BYTES);
      ahead = { from: position, frames: await readFrames(position, READ_AHEAD_BYTES, buffer) };
    }
    return ahead.frames[position - ahead.from];
  }

  async function fetchOne(position: Position): Promise<Frame | undefined> {
    const [frame] = await readFrames(position, 1);
    return frame;
  }

  async function readFrames(position: Position, bytes: number, into?: Buffer): Promise<readonly Frame[]> {
    const segment = segments.find(position);
    if (!segment || position < segment.first) return [];
    // A segment removed while it is read was settled or evicted: its records are gone all the same.
    return segment.readFrames(position, bytes, into).catch(() => []);
  }

  async function load(position: Position, fetch: typeof fetchOne): Promise<JournalRecord | undefined> {
    const recent = tail.get(position);
    if (recent) {
      loans.share(position, recent.payload);
      return recent;
    }
    const frame = await fetch(position);
    if (!frame || settlements.has(position)) return undefined;
    if (frame.status === 'whole')
      return { ...frame.record, payload: loans.copy(position, frame.record.payload) };
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
        const record = await load(position, fetchAhead);
        if (record) return withSettled(record);
      }
    },
    async read(position) {
      if (settlements.has(position)) return undefined;
      const record = await load(position, fetchOne);
      return record && withSettled(record);
    },
  };
}
