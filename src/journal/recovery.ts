// Part of the journal: what an earlier run left. A torn tail is cut off; a damaged record costs only itself.
import type { DestinationId, JournalRecord, Position } from '../model/signals.ts';
import type { CursorFile } from './cursors.ts';
import type { JournalEvents } from './journal.ts';
import { decodeFrame, FRAME_OVERHEAD_BYTES } from './record.ts';
import { Segment } from './segment.ts';
import type { SegmentList } from './segments.ts';
import type { SegmentStore } from './store.ts';

export type RecordHead = Pick<JournalRecord, 'position' | 'signal' | 'summary'>;

export interface Found {
  found: readonly RecordHead[];
  damaged: readonly Position[];
}

/** Reads every segment once, a file at a time, and indexes it. */
export async function recoverSegments(store: SegmentStore, segments: SegmentList): Promise<Found> {
  const found: RecordHead[] = [];
  const damaged: Position[] = [];
  for (const file of await store.list()) {
    const data = await file.open();
    const segment = new Segment(file.first, data);
    const buffer = await data.read(0, file.bytes);
    let offset = 0;
    let newestMs = 0;
    while (offset + FRAME_OVERHEAD_BYTES <= buffer.length) {
      const position = segment.end;
      const frame = decodeFrame(buffer, offset, position);
      if (frame.status === 'torn') break;
      // Damage that reaches to the end of the file is a tail that was never written whole.
      const isLast = offset + frame.bytes === buffer.length;
      if (frame.status === 'damaged' && (isLast || frame.bytes === FRAME_OVERHEAD_BYTES)) break;
      if (frame.status === 'whole') {
        newestMs = frame.record.receivedAtMs;
        found.push({ position, signal: frame.record.signal, summary: frame.record.summary });
        segment.add(frame.bytes, frame.record.summary.items, newestMs);
      } else {
        damaged.push(position);
        segment.add(frame.bytes, 0, newestMs);
      }
      offset += frame.bytes;
    }
    if (offset < file.bytes) await data.truncate(offset);
    segments.add(segment);
  }
  return { found, damaged };
}

/** Tells what is still owed to each destination, and settles positions that hold nothing. */
export function reportRecovered(
  found: readonly RecordHead[],
  damaged: readonly Position[],
  segments: SegmentList,
  cursors: ReadonlyMap<DestinationId, CursorFile>,
  events: JournalEvents,
): void {
  for (const [destination, { settlements }] of cursors) {
    settleGaps(segments, (from, to) => settlements.settleRange(from, to));
    for (const position of damaged) {
      if (settlements.has(position)) continue;
      settlements.settle(position);
      // Nobody knows how many items it had: it counts as one.
      events.evicted({ destination, position, items: 1, code: 'journal_damaged' });
    }
    for (const { position, signal, summary } of found) {
      if (settlements.has(position)) continue;
      const settledItems = settlements.items(position)?.size ?? 0;
      events.recovered({ destination, position, signal, summary, settledItems });
    }
  }
}

function settleGaps(segments: SegmentList, settleRange: (from: Position, to: Position) => void): void {
  let expected = 0;
  for (const segment of segments.all()) {
    if (segment.first > expected) settleRange(expected, segment.first);
    expected = segment.end;
  }
}
