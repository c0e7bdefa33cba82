// Part of the journal: reads a segment through, a window at a time, and finds every record that is still as it was written.
import { crc32 } from 'node:zlib';
import type { Position } from '../model/signals.ts';
import { FRAME_HEAD_BYTES, type FrameHead, MARKER_START, readFrameHead } from './frame.ts';
import { decodeRecordHeader, type RecordHeader } from './record.ts';
import { seek } from './seek.ts';
import { Segment } from './segment.ts';
import { decodeSegmentHead, SEGMENT_HEAD_BYTES, type SegmentHead } from './segment-head.ts';
import type { SegmentBytes } from './store.ts';

export interface Scanned {
  segment: Segment;
  /** Positions whose records are not there any more. */
  lost: readonly Position[];
  /**
   * How the file ends. `torn`: within a frame whose head is whole, or within a head, as a kill leaves it: nobody had an answer
   * for that record. `damaged`: otherwise.
   */
  end: 'whole' | 'torn' | 'damaged';
  /** Nothing was meant to follow. */
  isSealed: boolean;
}

const WINDOW_BYTES = 1024 * 1024;
/** A header is JSON of some hundred bytes; its length is a u16. */
const MAX_HEADER_BYTES = 2 + 65_535;

export function scanSegment(first: Position, data: SegmentBytes): Promise<Scanned> {
  return new Scan(first, data).run();
}

class Scan {
  readonly #first: Position;
  readonly #data: SegmentBytes;
  readonly #window: Window;
  readonly #lost: Position[] = [];
  /** Made when its head is known, or will not be. */
  #opened: Segment | undefined;
  #at = 0;

  constructor(first: Position, data: SegmentBytes) {
    this.#first = first;
    this.#data = data;
    this.#window = new Window(data);
  }

  async run(): Promise<Scanned> {
    await this.#readSegmentHead();
    let end: Scanned['end'] = 'whole';
    let isSealed = false;
    while (end === 'whole' && this.#at < this.#data.length) {
      const frame = await this.#headAt(this.#at);
      if (!frame || !this.#follows(frame, 0)) end = await this.#skipDamage();
      else if (this.#at + FRAME_HEAD_BYTES + frame.bodyBytes > this.#data.length) end = 'torn';
      else {
        if (frame.kind === 'record') await this.#takeRecord(frame);
        isSealed = frame.kind === 'index';
        this.#at += FRAME_HEAD_BYTES + frame.bodyBytes;
      }
    }
    this.#segment.endAt(this.#at);
    return { segment: this.#segment, lost: this.#lost, end, isSealed };
  }

  get #segment(): Segment {
    this.#opened ??= this.#open({ after: this.#first, destinations: [] });
    return this.#opened;
  }

  #open(head: SegmentHead): Segment {
    return new Segment(this.#first, head, this.#data, SEGMENT_HEAD_BYTES);
  }

  async #headAt(at: number): Promise<FrameHead | undefined> {
    return readFrameHead(await this.#window.view(at, FRAME_HEAD_BYTES), 0);
  }

  async #readSegmentHead(): Promise<void> {
    const frame = await this.#headAt(0);
    if (frame?.kind !== 'head') return;
    const body = await this.#window.view(FRAME_HEAD_BYTES, frame.bodyBytes);
    if (crc32(body) === frame.bodyCrc) this.#opened = this.#open(decodeSegmentHead(body));
  }

  /** Only what lies behind what is known already, and not further than the bytes between could have held, is believed. */
  #follows(frame: FrameHead, skippedBytes: number): boolean {
    const missing = frame.kind === 'head' ? 0 : frame.place - this.#segment.count;
    return missing >= 0 && missing <= skippedBytes / FRAME_HEAD_BYTES;
  }

  /** Goes on at the next frame that can be believed, which tells how many records were lost before it. */
  async #skipDamage(): Promise<Scanned['end']> {
    const from = this.#at;
    if (this.#data.length - from < FRAME_HEAD_BYTES) return 'torn';
    let place = 0;
    const next = await seek(this.#data, from + 1, MARKER_START, FRAME_HEAD_BYTES, (bytes, index, offset) => {
      const frame = readFrameHead(bytes, index);
      place = frame?.place ?? 0;
      return frame !== undefined && this.#follows(frame, offset - from);
    });
    if (next === undefined) return 'damaged';
    while (this.#segment.count < place) this.#lose(0);
    this.#at = next;
    return 'whole';
  }

  async #takeRecord(frame: FrameHead): Promise<void> {
    const header = await this.#readHeader(this.#at + FRAME_HEAD_BYTES, frame);
    if (header) this.#segment.add(FRAME_HEAD_BYTES + frame.bodyBytes, header, this.#at);
    else this.#lose(frame.items);
  }

  #lose(items: number): void {
    this.#lost.push(this.#segment.end);
    this.#segment.addLost(items);
  }

  /** When the whole body is as it was written. */
  async #readHeader(at: number, frame: FrameHead): Promise<RecordHeader | undefined> {
    let crc = 0;
    for (let read = 0; read < frame.bodyBytes; ) {
      const part = await this.#window.view(at + read, Math.min(frame.bodyBytes - read, WINDOW_BYTES));
      if (part.length === 0) return undefined;
      crc = crc32(part, crc);
      read += part.length;
    }
    if (crc !== frame.bodyCrc) return undefined;
    return decodeRecordHeader(await this.#window.view(at, Math.min(frame.bodyBytes, MAX_HEADER_BYTES)))
      ?.header;
  }
}

/** A view of the segment that moves forward. */
class Window {
  readonly #data: SegmentBytes;
  readonly #buffer: Buffer;
  #from = 0;
  #view: Buffer;

  constructor(data: SegmentBytes) {
    this.#data = data;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(WINDOW_BYTES, Math.max(1, data.length)));
    this.#view = this.#buffer.subarray(0, 0);
  }

  /** Up to `bytes` from `offset` on: less at the end. Gone with the next call. */
  async view(offset: number, bytes: number): Promise<Buffer> {
    const wanted = Math.min(bytes, this.#buffer.length, this.#data.length - offset);
    if (offset < this.#from || offset + wanted > this.#from + this.#view.length) {
      this.#view = await this.#data.read(offset, this.#buffer.length, this.#buffer);
      this.#from = offset;
    }
    return this.#view.subarray(offset - this.#from, offset - this.#from + wanted);
  }
}
