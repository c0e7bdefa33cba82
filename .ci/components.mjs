// Part of the release: the packages whose code is in dist/, as the source maps tell: what is shipped, not what is installed.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');
const MODULES = 'node_modules/';

/** `{ path, name, version, licence, text, integrity }` of each, by name. Throws where a package does not say its licence. */
export async function components() {
  const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'));
  const found = await Promise.all(
    [...(await packagePaths())].map((path) => describe(path, lock.packages[path])),
  );
  return found.toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

async function packagePaths() {
  const maps = (await readdir(DIST, { recursive: true })).filter((name) => name.endsWith('.map'));
  const paths = new Set();
  for (const map of maps) {
    const { sources } = JSON.parse(await readFile(join(DIST, map), 'utf8'));
    for (const source of sources) {
      const from = source.indexOf(MODULES);
      if (from >= 0) paths.add(packageOf(source.slice(from)));
    }
  }
  return paths;
}

/** `node_modules/a/node_modules/@b/c/lib/d.js` → `node_modules/a/node_modules/@b/c` */
function packageOf(source) {
  const at = source.lastIndexOf(MODULES) + MODULES.length;
  const words = source.slice(at).split('/');
  return source.slice(0, at) + words.slice(0, words[0].startsWith('@') ? 2 : 1).join('/');
}

async function describe(path, locked) {
  const { name, version, license, licenses } = JSON.parse(
    await readFile(join(ROOT, path, 'package.json'), 'utf8'),
  );
  // Old packages have an object, or a list of such, where there is a name now.
  const licence = [licenses ?? license]
    .flat()
    .map((one) => one?.type ?? one)
    .join(' OR ');
  if (licence === '') throw new Error(`${name} ${version} does not say its licence`);
  const files = await readdir(join(ROOT, path));
  const texts = files.filter((file) => /^(licen[cs]e|notice|copying)/i.test(file)).toSorted();
  const text = await Promise.all(texts.map((file) => readFile(join(ROOT, path, file), 'utf8')));
  return { path, name, version, licence, text: text.join('\n').trim(), integrity: locked?.integrity };
}
