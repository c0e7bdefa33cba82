// Part of the journal: writes that end whole or not at all.
import type { Files, OpenFile } from './files.ts';

/** POSIX IOV_MAX on Linux. */
const MAX_BUFFERS_PER_WRITE = 1024;

/** Writes all buffers, in order: what a call leaves over goes out in further ones. */
export async function writeAll(
  file: OpenFile,
  buffers: readonly Uint8Array[],
  offset: number,
): Promise<number> {
  let at = offset;
  for (let i = 0; i < buffers.length; i += MAX_BUFFERS_PER_WRITE)
    at = await writeFully(file, buffers.slice(i, i + MAX_BUFFERS_PER_WRITE), at);
  return at;
}

/** A file in place of the one that was there: after a crash there is the old one or the new one, never half of it. */
export async function replaceFile(
  files: Files,
  path: string,
  fill: (file: OpenFile) => Promise<void>,
): Promise<OpenFile> {
  const unfinished = `${path}${UNFINISHED}`;
  const file = await files.open(unfinished, 'replace');
  try {
    await fill(file);
    await file.sync();
    await files.rename(unfinished, path);
    return file;
  } catch (error) {
    await file.close().catch(() => undefined);
    await files.remove(unfinished).catch(() => undefined);
    throw error;
  }
}

/** How the name of a file ends that a crash kept from being finished. */
export const UNFINISHED = '.new';

async function writeFully(file: OpenFile, buffers: readonly Uint8Array[], offset: number): Promise<number> {
  const bytes = buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  // Mostly the whole: then nothing is awaited that need not be.
  let written = await file.write(buffers, offset);
  while (written < bytes) {
    const more = await file.write(remainder(buffers, written), offset + written);
    if (more === 0) throw new Error('the file takes no more bytes');
    written += more;
  }
  return offset + bytes;
}

function remainder(buffers: readonly Uint8Array[], skip: number): Uint8Array[] {
  const rest: Uint8Array[] = [];
  let left = skip;
  for (const buffer of buffers) {
    if (left < buffer.length) rest.push(buffer.subarray(left));
    left = Math.max(0, left - buffer.length);
  }
  return rest;
}
