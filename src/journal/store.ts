// Part of the journal: where segments lie. Disk and memory implement this; the log above knows only this.
import type { Position } from '../model/signals.ts';

/** One segment's bytes. Appends are never concurrent; reads may overlap them, below what was appended. */
export interface SegmentBytes {
  /** Writes all buffers, in order, or rejects and leaves the length as it was. */
  append(buffers: readonly Uint8Array[]): Promise<void>;
  /** Into `into` where that is given and large enough; the result may be shorter than asked at the segment's end. */
  read(offset: number, bytes: number, into?: Buffer): Promise<Buffer>;
  /** fdatasync; resolves when what was appended would survive a power loss. */
  sync(): Promise<void>;
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
  remove(): Promise<void>;
}

export interface SegmentStore {
  create(first: Position): Promise<SegmentBytes>;
  /** The segments of an earlier run, in order. */
  list(): Promise<readonly { first: Position; bytes: number; open(): Promise<SegmentBytes> }[]>;
}
