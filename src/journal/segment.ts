// Part of the journal: the index of one segment. 12 bytes a record tell where it lies, how many items it has and its age.
import type { Position } from '../model/signals.ts';
import { decodeFrame, type Frame } from './record.ts';
import type { SegmentBytes } from './store.ts';

export class Segment {
  readonly first: Position;
  readonly data: SegmentBytes;
  /** Receipt time of the first record, ms since the epoch. */
  baseTimeMs = 0;
  bytes = 0;
  #count = 0;
  /** offset, items, ms after baseTimeMs: three numbers a record. */
  #index = new Uint32Array(3 * 64);

  constructor(first: Position, data: SegmentBytes) {
    this.first = first;
    this.data = data;
  }

  get count(): number {
    return this.#count;
  }

  /** One past the last position. */
  get end(): Position {
    return this.first + this.#count;
  }

  add(frameBytes: number, items: number, receivedAtMs: number): void {
    if (this.#count === 0) this.baseTimeMs = receivedAtMs;
    const at = this.#count * 3;
    if (at === this.#index.length) {
      const larger = new Uint32Array(this.#index.length * 2);
      larger.set(this.#index);
      this.#index = larger;
    }
    this.#index[at] = this.bytes;
    this.#index[at + 1] = items;
    this.#index[at + 2] = Math.max(0, receivedAtMs - this.baseTimeMs);
    this.#count += 1;
    this.bytes += frameBytes;
  }

  /** Gives the unused part of the index back once nothing is added any more. */
  seal(): void {
    this.#index = this.#index.slice(0, this.#count * 3);
  }

  offset(position: Position): number {
    return position >= this.end ? this.bytes : (this.#index[(position - this.first) * 3] ?? 0);
  }

  items(position: Position): number {
    return this.#index[(position - this.first) * 3 + 1] ?? 0;
  }

  receivedAtMs(position: Position): number {
    return this.baseTimeMs + (this.#index[(position - this.first) * 3 + 2] ?? 0);
  }

  /** Reads `position` and what follows it within `wantedBytes`, into `into` where it fits. */
  async readFrames(position: Position, wantedBytes: number, into?: Buffer): Promise<readonly Frame[]> {
    const from = this.offset(position);
    let last = position + 1;
    while (last < this.end && this.offset(last + 1) - from <= wantedBytes) last += 1;
    const buffer = await this.data.read(from, this.offset(last) - from, into);
    const frames: Frame[] = [];
    for (let at = position; at < last; at++) frames.push(decodeFrame(buffer, this.offset(at) - from, at));
    return frames;
  }
}
