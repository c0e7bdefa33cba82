// Part of the model: a small JSON file that spares work after a restart. Losing it loses nothing: neither reading nor writing fails.
import { readFile, rename, writeFile } from 'node:fs/promises';

export interface KeptJson {
  /** Undefined when there is nothing that can be read. */
  read(): Promise<unknown>;
  /** One after the other: `json` is called when it is its turn. */
  write(json: () => string | Promise<string>): Promise<void>;
}

export function keptJson(path: string): KeptJson {
  let written: Promise<void> = Promise.resolve();

  async function replaceFile(json: () => string | Promise<string>): Promise<void> {
    try {
      await writeFile(`${path}.new`, await json(), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch {
      // Said above.
    }
  }

  return {
    async read() {
      try {
        return JSON.parse(await readFile(path, 'utf8')) as unknown;
      } catch {
        return undefined;
      }
    },
    write(json) {
      written = written.then(() => replaceFile(json));
      return written;
    },
  };
}
