// Part of the tests: `npm run profile -- otlp-honeycomb-513 [rows]`: where the time of one case goes, by function of src/.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { casesFor } from './cases.mjs';
import { measure } from './measure.mjs';

const [name, rows = '40'] = process.argv.slice(2);
const one = casesFor().find((each) => each.name === name);
if (!one) {
  const names = casesFor().map((each) => each.name);
  process.stderr.write(`which case? There are ${names.join(', ')}\n`);
  process.exit(2);
}
const maps = new Map();
const dir = await mkdtemp(join(tmpdir(), 'sidecast-profile-'));
try {
  const execArgv = ['--cpu-prof', `--cpu-prof-dir=${dir}`, '--cpu-prof-interval=500'];
  const { cpuMicrosecondsPerItem, missing } = await measure(one, { main: 'dist/main.js', execArgv });
  process.stdout.write(
    `${one.title}: ${cpuMicrosecondsPerItem} µs/item while profiled, ${missing} missing\n`,
  );
  for (const file of await readdir(dir)) await print(JSON.parse(await readFile(join(dir, file), 'utf8')));
} finally {
  await rm(dir, { recursive: true, force: true });
}

/** One thread: its functions by the time spent in themselves, with what is spent in and below them. */
async function print({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const selfMs = new Map();
  samples.forEach((id, index) => {
    selfMs.set(id, (selfMs.get(id) ?? 0) + timeDeltas[index] / 1000);
  });
  const own = new Map();
  const below = new Map();
  const add = (totals, key, ms) => totals.set(key, (totals.get(key) ?? 0) + ms);
  for (const [id, ms] of selfMs) {
    const stack = [];
    for (let at = id; at !== undefined; at = parents.get(at))
      stack.push(await nameOf(byId.get(at).callFrame));
    add(own, stack[0], ms);
    for (const key of new Set(stack)) add(below, key, ms);
  }
  const busyMs = [...own].reduce((sum, [key, ms]) => sum + (key === '(idle)' ? 0 : ms), 0);
  process.stdout.write(`\nbusy for ${busyMs.toFixed(0)} ms; self % and all %, of that:\n`);
  const share = (ms) => `${((100 * ms) / busyMs).toFixed(1).padStart(6)}`;
  const table = (totals) => [...totals].sort(([, a], [, b]) => b - a).slice(0, Number(rows));
  for (const [key, ms] of table(own)) process.stdout.write(`${share(ms)} ${share(below.get(key))}  ${key}\n`);
  process.stdout.write('by all:\n');
  for (const [key, ms] of table(below))
    process.stdout.write(`${share(own.get(key) ?? 0)} ${share(ms)}  ${key}\n`);
}

async function nameOf({ functionName, url, lineNumber, columnNumber }) {
  if (!url.startsWith('file:')) return `${functionName || '(anonymous)'} ${url}`.trim();
  const file = fileURLToPath(url);
  if (!maps.has(file)) maps.set(file, await mapOf(file));
  const origin = maps.get(file)?.findEntry(lineNumber, columnNumber);
  const source = origin?.originalSource?.replace(/^(?:\.\.\/)+/, '') ?? relative('.', file);
  return `${functionName || '(anonymous)'} ${source}:${(origin?.originalLine ?? lineNumber) + 1}`;
}

async function mapOf(file) {
  try {
    return new SourceMap(JSON.parse(await readFile(`${file}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}
