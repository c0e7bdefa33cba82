// Part of the tests: WebAssembly in the sources is what its text form says.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import wabt from 'wabt';

const SRC = join(import.meta.dirname, '..', '..', 'src');

/** `path`: in src, without `.wat`. With UPDATE_DOCS set, the module is written. */
export async function compiledAndWritten(path: string): Promise<{ compiled: string; written: string }> {
  const { parseWat } = await wabt();
  const file = join(SRC, path);
  const module = parseWat(`${path}.wat`, readFileSync(`${file}.wat`, 'utf8'), { simd: true });
  module.validate();
  const compiled = sourceOf(path, Buffer.from(module.toBinary({}).buffer).toString('base64'));
  if (process.env['UPDATE_DOCS']) writeFileSync(`${file}-wasm.ts`, compiled);
  return { compiled, written: readFileSync(`${file}-wasm.ts`, 'utf8') };
}

function sourceOf(path: string, base64: string): string {
  const name = basename(path);
  const room = path.startsWith('model/') ? 'the model' : path.slice(0, -name.length - 1);
  return `// Part of ${room}: ${name}.wat, compiled. Generated: ${name}.wat says how.
export const ${name.replaceAll('-', '_').toUpperCase()}_WASM =
  '${base64}';
`;
}
