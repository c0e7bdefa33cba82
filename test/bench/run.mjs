// Part of the tests: `npm run bench [-- --cases otlp-all,udp-xray] [--requests 40] [--seconds 5] [--runs 3] [--peers DIR] [--save FILE] [--main dist/main.js]`:
// CPU per item, and whether all arrived. With peers, they take turns with sidecast: only what is measured in one run compares.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { casesFor } from './cases.mjs';
import { measure } from './measure.mjs';
import { printTable } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: process.env.CASES ?? '' },
    // How much of OTLP, and of UDP.
    requests: { type: 'string' },
    seconds: { type: 'string' },
    runs: { type: 'string', default: '1' },
    peers: { type: 'string' },
    save: { type: 'string' },
    main: { type: 'string', default: 'dist/main.js' },
  },
});
const number = (text) => (text === undefined ? undefined : Number(text));
const all = casesFor({ seconds: number(options.seconds), requests: number(options.requests) });
const names = options.cases.split(',').filter(Boolean);
const unknown = names.filter((name) => !all.some((one) => one.name === name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown}; there are ${all.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const bad = ({ error, missing }) => error !== undefined || missing > 0;
const results = [];
for (const one of all) {
  if (names.length > 0 && !names.includes(one.name)) continue;
  const runs = { sidecast: [], collector: [] };
  for (let run = 0; run < Number(options.runs); run += 1) {
    runs.sidecast.push(await attempt(one, { main: options.main }));
    if (options.peers && one.peer) runs.collector.push(await attempt(one, { peersDir: options.peers }));
  }
  const [ours, theirs] = [middle(runs.sidecast), middle(runs.collector)];
  results.push({ ...ours, ...(theirs && { peer: theirs }) });
}
printTable(results);
if (options.save) {
  const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
  await writeFile(
    options.save,
    `${JSON.stringify({ machine, runs: Number(options.runs), results }, null, 1)}\n`,
  );
}
process.exitCode = results.some(bad) ? 1 : 0;

async function attempt(one, measured) {
  let result;
  try {
    result = await measure(one, measured);
  } catch (error) {
    result = { case: one.name, title: one.title, error: error.message, missing: 0 };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return result;
}

/** The run of the median CPU time, with the least and the most of all; what failed once, or lacked something of ours, tells of all. */
function middle(runs) {
  const failed = runs.find((run) => (run.by === 'collector' ? run.error !== undefined : bad(run)));
  if (failed) return failed;
  const sorted = runs.toSorted((a, b) => a.cpuMicrosecondsPerItem - b.cpuMicrosecondsPerItem);
  const chosen = sorted[sorted.length >> 1];
  if (!chosen || sorted.length === 1) return chosen;
  const peakMemoryMiB = Math.max(...sorted.map((run) => run.peakMemoryMiB));
  const range = [sorted[0], sorted.at(-1)].map((run) => run.cpuMicrosecondsPerItem);
  return { ...chosen, cpuMicrosecondsRange: range, peakMemoryMiB };
}
