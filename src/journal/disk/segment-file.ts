// Part of the journal: a segment as a file of its own. It stays open until nobody uses it any more, whatever its name then means.
import type { SegmentBytes } from '../store.ts';
import type { Files, OpenFile } from './files.ts';
import { writeAll } from './write.ts';

export interface FileContext {
  files: Files;
  /** Rejects when the disk as a whole does not work. */
  assertWell(): Promise<void>;
  removed(path: string): void;
}

/** Disks fail in sectors: 4 KiB at most. */
const PIECE_BYTES = 4096;

export class SegmentFile implements SegmentBytes {
  readonly path: string;
  readonly isInMemory = false;
  readonly isCompressed = false;
  readonly #context: FileContext;
  readonly #file: OpenFile;
  #length: number;
  #users = 0;
  #isClosing = false;

  constructor(context: FileContext, path: string, file: OpenFile, length = file.bytes) {
    this.#context = context;
    this.path = path;
    this.#file = file;
    this.#length = length;
  }

  get length(): number {
    return this.#length;
  }

  get storedBytes(): number {
    return this.#length;
  }

  /** After a failure the file may hold more than its length says: whoever reads it later finds the records a second time or torn. */
  async append(buffers: readonly Uint8Array[]): Promise<void> {
    try {
      this.#length = await writeAll(this.#file, buffers, this.#length);
    } catch (error) {
      await this.#file.truncate(this.#length).catch(() => undefined);
      throw error;
    }
  }

  /** What the disk cannot read reads as zeros, where the disk is otherwise well. */
  async read(offset: number, bytes: number, into?: Buffer): Promise<Buffer> {
    if (this.#isClosing) throw new Error('the segment was closed');
    const buffer = into && into.length >= bytes ? into : Buffer.allocUnsafeSlow(bytes);
    const wanted = buffer.subarray(0, Math.max(0, Math.min(bytes, this.#length - offset)));
    await this.#use(() =>
      this.#readFully(wanted, offset).catch(async () => {
        await this.#context.assertWell();
        await this.#readInPieces(wanted, offset);
      }),
    );
    return wanted;
  }

  /** Of a file that is closed nothing is wanted any more. */
  async sync(): Promise<void> {
    if (!this.#isClosing) await this.#use(() => this.#file.sync());
  }

  async truncate(bytes: number): Promise<void> {
    await this.#file.truncate(bytes);
    this.#length = bytes;
  }

  isLinked(): boolean {
    return this.#file.isLinked();
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    if (this.#users === 0) await this.#closeNow();
  }

  async remove(): Promise<void> {
    await this.close();
    await this.#context.files.remove(this.path);
    this.#context.removed(this.path);
  }

  async #use(run: () => Promise<void>): Promise<void> {
    this.#users += 1;
    try {
      await run();
    } finally {
      this.#users -= 1;
      if (this.#isClosing && this.#users === 0) await this.#closeNow();
    }
  }

  /** A file that is shorter than it was reads as zeros as well. */
  async #readFully(into: Buffer, offset: number): Promise<void> {
    for (let filled = 0; filled < into.length; ) {
      const bytes = await this.#file.read(into.subarray(filled), offset + filled);
      if (bytes === 0) into.fill(0, filled);
      filled = bytes === 0 ? into.length : filled + bytes;
    }
  }

  async #readInPieces(into: Buffer, offset: number): Promise<void> {
    for (let at = 0; at < into.length; at += PIECE_BYTES) {
      const piece = into.subarray(at, at + PIECE_BYTES);
      await this.#readFully(piece, offset + at).catch(() => piece.fill(0));
    }
  }

  /** Nothing can be done about a descriptor that does not close. */
  async #closeNow(): Promise<void> {
    await this.#file.close().catch(() => undefined);
  }
}
