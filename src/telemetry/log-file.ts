// Part of telemetry: a log file that is renamed when it is large. One old one is kept.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** As the X-Ray daemon rolls its own. */
export const ROTATE_AT_BYTES = 50 * 1024 * 1024;

export interface LogFile {
  write(line: string): void;
}

/** Throws when the file cannot be opened. Lines are written at once: a log is read when something broke. */
export function openLogFile(path: string, rotateAtBytes: number): LogFile {
  mkdirSync(dirname(path), { recursive: true });
  let fd = openSync(path, 'a', 0o644);
  let bytes = fstatSync(fd).size;

  function rotate(): void {
    renameSync(path, `${path}.1`);
    const next = openSync(path, 'a', 0o644);
    closeSync(fd);
    fd = next;
    bytes = 0;
  }

  return {
    write(line) {
      const size = Buffer.byteLength(line);
      try {
        if (bytes > 0 && bytes + size > rotateAtBytes) rotate();
        bytes += writeSync(fd, line);
      } catch {
        // A full disk: the line is lost, the process goes on.
      }
    },
  };
}
