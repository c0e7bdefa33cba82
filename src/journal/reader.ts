// Part of the journal: reads for one destination. From memory near the end, in runs of about 256 KiB from disk behind it.
import type { JournalRecord, Position } from '../model/signals.ts';
import type { JournalReader, ReadBounds, ReadRecord } from './journal.ts';
import type { Loans } from './loans.ts';
import type { Segment } from './segment.ts';
import type { SegmentList } from './segments.ts';
import type { Settlements } from './settlements.ts';
import type { Tail } from './tail.ts';

export interface ReaderOptions {
  settlements: Settlements;
  segments: SegmentList;
  tail: Tail;
  loans: Loans;
  /** What was found below all positions when readers had begun already. Any of them reads it, once. */
  earlier: { from: Position; to: Position };
  /** A record is not there as it was written. */
  damaged(segment: Segment, position: Position): void;
  /** Resolves when a disk that could not be read can be again, with false when everything ends. */
  untilReadable(): Promise<boolean>;
}

/** Each destination has a buffer of it for each of its lanes. */
const READ_AHEAD_BYTES = 256 * 1024;

/** `from` is where it begins, when that is not the beginning. */
export function createReader(options: ReaderOptions, from?: Position): JournalReader {
  const { settlements, segments, tail, loans, earlier, damaged, untilReadable } = options;
  const cursor = { from: from ?? 0 };
  /** What was read ahead, as views of `buffer`, which the next run is read into. */
  let ahead: { from: Position; records: readonly (JournalRecord | undefined)[] } = { from: 0, records: [] };
  let buffer: Buffer | undefined;

  async function fetchAhead(segment: Segment, position: Position): Promise<JournalRecord | undefined> {
    if (position < ahead.from || position >= ahead.from + ahead.records.length) {
      ahead = { from: 0, records: [] };
      buffer ??= Buffer.allocUnsafeSlow(READ_AHEAD_BYTES);
      ahead = { from: position, records: await segment.readRecords(position, READ_AHEAD_BYTES, buffer) };
    }
    return ahead.records[position - ahead.from];
  }

  async function fetchOne(segment: Segment, position: Position): Promise<JournalRecord | undefined> {
    const [record] = await segment.readRecords(position, 1);
    return record;
  }

  /** Undefined when it is settled or gone. Rejects while the disk cannot be read. */
  async function load(position: Position, fetch: typeof fetchOne): Promise<ReadRecord | undefined> {
    const record = tail.get(position);
    if (record) return withSettled(loans.share(record));
    for (;;) {
      const segment = segments.find(position);
      if (!segment || position < segment.first) return undefined;
      const found = await fetch(segment, position).catch((error: Error) => error);
      if (settlements.has(position)) return undefined;
      // What was removed or moved while it was read is looked for again.
      if (segments.find(position) !== segment) continue;
      if (found instanceof Error) throw found;
      if (found) return withSettled(loans.copy(found));
      damaged(segment, position);
      return undefined;
    }
  }

  function withSettled(record: JournalRecord): ReadRecord {
    return { record, settled: settlements.items(record.position) };
  }

  /** Advances `at` behind what it returns; undefined at `to`, or while the disk cannot be read. */
  async function advance(at: { from: Position }, to: Position, bounds?: ReadBounds) {
    for (;;) {
      const position = settlements.nextUnsettled(at.from);
      at.from = position;
      if (position >= to) return undefined;
      const segment = segments.find(position);
      at.from = Math.max(position + 1, segment?.first ?? 0);
      if (segment && position < segment.first) continue;
      if (bounds?.except(position)) continue;
      try {
        const read = await load(position, fetchAhead);
        if (read) return read;
      } catch {
        at.from = position;
        return undefined;
      }
    }
  }

  /** Where what is not `earlier` goes on. */
  const main = () => {
    cursor.from = Math.max(cursor.from, earlier.to);
    return cursor;
  };

  return {
    get position() {
      return settlements.nextUnsettled(main().from);
    },
    async next(bounds?: ReadBounds) {
      // A reader that began at the end is for what is new, as long as there is something.
      const isFirstInLine = bounds !== undefined || from === undefined || cursor.from >= segments.end;
      const read = isFirstInLine ? await advance(earlier, earlier.to) : undefined;
      return (
        read ?? advance(main(), Math.min(segments.end, bounds?.before ?? Number.POSITIVE_INFINITY), bounds)
      );
    },
    forgo: ({ record }) => loans.giveBack(record.position),
    since: (receivedAtMs) => createReader(options, Math.max(main().from, firstSince(segments, receivedAtMs))),
    async read(position) {
      while (!settlements.has(position)) {
        const held = loans.get(position);
        if (held) return withSettled(held);
        try {
          return await load(position, fetchOne);
        } catch {
          if (!(await untilReadable())) return undefined;
        }
      }
      return undefined;
    },
  };
}

/** Where the newest records begin that were received at that time or later. */
function firstSince(segments: SegmentList, receivedAtMs: number): Position {
  let position = segments.end;
  for (const segment of [...segments.all()].reverse())
    for (; position > segment.first; position--)
      if (segment.receivedAtMs(position - 1) < receivedAtMs) return position;
  return position;
}
