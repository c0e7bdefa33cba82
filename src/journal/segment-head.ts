// Part of the journal: the first frame of every segment: what was so when the file was begun.
import { DESTINATION_IDS, type DestinationId, type Position } from '../model/signals.ts';
import { encodeFrame, FRAME_HEAD_BYTES } from './frame.ts';

export interface SegmentHead {
  /** The end of the segment before it. Where that lies below the file's first position, nothing was lost between. */
  after: Position;
  /** Who had a cursor then: one of these without a cursor now has lost it, and starts here rather than at the end. */
  destinations: readonly DestinationId[];
}

/** Room for all destinations and any position, so that it can be written again in place. */
const BODY_BYTES = 232;
export const SEGMENT_HEAD_BYTES = FRAME_HEAD_BYTES + BODY_BYTES;

export function encodeSegmentHead({ after, destinations }: SegmentHead): Buffer {
  const text = JSON.stringify({ after, destinations }).padEnd(BODY_BYTES);
  return encodeFrame('head', 0, 0, Buffer.from(text));
}

/** The body comes from a frame that was found whole. */
export function decodeSegmentHead(body: Buffer): SegmentHead {
  const { after, destinations } = JSON.parse(body.toString('utf8')) as SegmentHead;
  return { after, destinations: DESTINATION_IDS.filter((id) => destinations.includes(id)) };
}
