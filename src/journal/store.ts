// Part of the journal: where segments lie. Disk and memory implement this; the log above knows only this.
import type { Position } from '../model/signals.ts';

/** One segment's bytes. Appends are never concurrent; reads may overlap them, below what was appended. */
export interface SegmentBytes {
  readonly isInMemory: boolean;
  /** What it takes where it lies: less than its length where it is compressed. */
  readonly storedBytes: number;
  /** True when it can be read only: it was compressed. */
  readonly isCompressed: boolean;
  /** One past the last byte. */
  readonly length: number;
  /** Writes all buffers, in order, or rejects and leaves the length as it was. */
  append(buffers: readonly Uint8Array[]): Promise<void>;
  /** Into `into` where that is given and large enough; the result may be shorter than asked at the segment's end. */
  read(offset: number, bytes: number, into?: Buffer): Promise<Buffer>;
  /** fdatasync; resolves when what was appended would survive a power loss. */
  sync(): Promise<void>;
  /** False when the file was deleted under us. */
  isLinked(): boolean;
  /** Once reads that are under way have ended. */
  close(): Promise<void>;
  /** Closes, and frees what it takes. */
  remove(): Promise<void>;
}

export interface SegmentStore {
  create(first: Position): Promise<SegmentBytes>;
}
