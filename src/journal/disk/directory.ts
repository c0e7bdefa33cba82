// Part of the journal: the data directory: made, locked, of a layout that this release knows, and fit to be written.
import { join } from 'node:path';
import { LayoutError } from '../errors.ts';
import { acquireLock, type Lock } from '../lock.ts';
import type { Files } from './files.ts';
import { replaceFile, writeAll } from './write.ts';

/** The layout that this release reads and writes. */
const LAYOUT_VERSION = '1';
/** A disk that takes less than this is full. */
const PROBE_BYTES = 1024 * 1024;

export class DataDirectory {
  readonly path: string;
  readonly journalDir: string;
  readonly cursorDir: string;
  readonly #files: Files;
  readonly #release: string;
  #lock: Lock | undefined;

  /** `release` is what VERSION names as its writer. */
  constructor(files: Files, path: string, release: string) {
    this.#files = files;
    this.path = path;
    this.journalDir = join(path, 'journal');
    this.cursorDir = join(path, 'cursors');
    this.#release = release;
  }

  /** Makes it ours, again where it was taken away. Throws LockedError, LayoutError, or what the system says. */
  async claim(): Promise<void> {
    for (const dir of [this.path, this.journalDir, this.cursorDir]) await this.#files.makeDirectory(dir);
    if (this.#lock && !(await this.#lock.isHeld())) await this.release();
    this.#lock ??= await acquireLock(this.path);
    await this.#checkLayout();
  }

  /** Writes as much as shows that the disk can be written, and rejects when it cannot. */
  async probe(): Promise<void> {
    const path = join(this.path, 'probe');
    const file = await this.#files.open(path, 'replace');
    try {
      await writeAll(file, [Buffer.alloc(PROBE_BYTES)], 0);
      await file.sync();
    } finally {
      await file.close().catch(() => undefined);
      await this.#files.remove(path).catch(() => undefined);
    }
  }

  async release(): Promise<void> {
    await this.#lock?.release();
    this.#lock = undefined;
  }

  async #checkLayout(): Promise<void> {
    const path = join(this.path, 'VERSION');
    // A power loss may leave the file empty, or full of zeros.
    const text = ((await this.#files.readText(path)) ?? '').replaceAll('\0', '').trim();
    const [layout = '', writer = ''] = text.split('\n');
    if (layout === LAYOUT_VERSION) return;
    if (layout !== '') {
      await this.release();
      const reader = writer.replace(/^written by /, '') || 'the release that wrote it';
      throw new LayoutError(
        `nothing is lost: ${this.path} has layout ${layout}, and this release reads layout ${LAYOUT_VERSION}. Run ${reader}, or name another SIDECAST_DATA_DIR`,
      );
    }
    const file = await replaceFile(this.#files, path, async (target) => {
      await writeAll(target, [Buffer.from(`${LAYOUT_VERSION}\nwritten by ${this.#release}\n`)], 0);
    });
    await file.close();
  }
}
