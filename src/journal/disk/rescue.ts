// Part of the journal: what becomes of records that the disk may have dropped. After an fdatasync that failed the kernel holds the
// pages for clean: they can be read until they are evicted, and no later sync proves anything about them ("fsyncgate", PostgreSQL
// 2018). So they are read back at once, kept in memory, and written elsewhere when the disk works again.
import type { Position } from '../../model/signals.ts';
import { FRAME_HEAD_BYTES, placeFrame, writeFrameHead } from '../frame.ts';
import { memoryStore } from '../memory.ts';
import { encodeRecordHead } from '../record.ts';
import { Segment } from '../segment.ts';
import { encodeSegmentHead, SEGMENT_HEAD_BYTES } from '../segment-head.ts';

const READ_BYTES = 1024 * 1024;

/** A segment in memory with the records of `segment` from `from` on. */
export async function copyToMemory(segment: Segment, from: Position): Promise<Segment> {
  const head = { ...segment.head, after: from };
  const copy = new Segment(from, head, await memoryStore.create(from), SEGMENT_HEAD_BYTES);
  await copy.data.append([encodeSegmentHead(head)]);
  while (copy.end < segment.end) {
    for (const record of await segment.readRecords(copy.end, READ_BYTES)) {
      if (!record) {
        await copy.data.append([placeholder(copy.count, segment.items(copy.end))]);
        copy.addLost(segment.items(copy.end));
        copy.endAt(copy.data.length);
        continue;
      }
      const recordHead = encodeRecordHead(record);
      placeFrame(recordHead, copy.count);
      await copy.data.append([recordHead, record.payload]);
      copy.add(recordHead.length + record.payload.length, record);
    }
  }
  return copy;
}

/** Where a record could not be read: a frame that says how many items it had, with a body that is none. */
function placeholder(place: number, items: number): Buffer {
  const frame = Buffer.alloc(FRAME_HEAD_BYTES);
  writeFrameHead(frame, 'record', { bodyBytes: 0, items, bodyCrc: 1 });
  placeFrame(frame, place);
  return frame;
}
