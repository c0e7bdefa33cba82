// Part of the chaos tests: what was measured, as files of one line for each measurement. The README's blocks are made of these.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const pathOf = (name: string) => join(import.meta.dirname, 'results', `${name}.json`);

export function readResults<T>(name: string): readonly T[] {
  const path = pathOf(name);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as T[]) : [];
}

export function writeResults(name: string, results: readonly object[]): void {
  const path = pathOf(name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `[\n${results.map((result) => JSON.stringify(result)).join(',\n')}\n]\n`);
}
