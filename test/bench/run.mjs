// Part of the tests: `npm run bench [-- --cases otlp-all,udp-xray] [--seconds 5] [--main dist/main.js]`: CPU per item, and whether all arrived.
import { parseArgs } from 'node:util';
import { untilArrived } from './arrival.mjs';
import { casesFor } from './cases.mjs';
import { startChild } from './children.mjs';
import { startSidecast } from './measured.mjs';
import { cpuMicroseconds, kernelDrops, peakMemoryBytes } from './process-stats.mjs';
import { printTable } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: process.env.CASES ?? '' },
    seconds: { type: 'string' },
    main: { type: 'string', default: 'dist/main.js' },
  },
});
const all = casesFor(options.seconds === undefined ? undefined : Number(options.seconds));
const names = options.cases.split(',').filter(Boolean);
const unknown = names.filter((name) => !all.some((one) => one.name === name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown}; there are ${all.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

const results = [];
for (const one of all) {
  if (names.length > 0 && !names.includes(one.name)) continue;
  let result;
  try {
    result = await measure(one);
  } catch (error) {
    result = { case: one.name, title: one.title, error: error.message, missing: 0 };
  }
  results.push(result);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
printTable(results);
process.exitCode = results.some(({ error, missing }) => error !== undefined || missing > 0) ? 1 : 0;

async function measure({ name, title, kind, items, load: loadOptions, destinations, env }) {
  const sink = startChild('sink.mjs');
  const load = startChild(`${kind}-load.mjs`);
  let sidecast;
  try {
    const { port } = await sink.next();
    sidecast = await startSidecast({
      main: options.main,
      destinations,
      env,
      sinkUrl: `http://127.0.0.1:${port}`,
    });
    const { pid } = sidecast;
    const cpuBefore = cpuMicroseconds(pid);
    const target = kind === 'otlp' ? sidecast.otlpPort : sidecast.xrayPort;
    const sent = await load.ask({ ...loadOptions, port: target });
    const { destinations: audits, problems } = await untilArrived(sink, kind, items, destinations);
    const cpu = cpuMicroseconds(pid) - cpuBefore;
    const of = (field) => destinations.map((destination) => audits[destination][field]);
    const sum = (field) => of(field).reduce((total, count) => total + count, 0);
    const bytes = destinations.map((id) => [id, round(audits[id].bodyBytes / items)]);
    return {
      case: name,
      title,
      node: process.version,
      cpuMicrosecondsPerItem: round(cpu / items),
      items: sent.sent,
      bytesInPerItem: round(sent.bytes / items),
      itemsPerSecond: Math.round(sent.sent / sent.seconds),
      retriedRequests: sent.retries,
      expected: sum('expected'),
      arrivedOnce: sum('once'),
      missing: sum('missing'),
      duplicated: sum('duplicated'),
      kernelDrops: kind === 'udp' ? kernelDrops(target) : 0,
      bytesOutPerItem: Object.fromEntries(bytes),
      requestsOut: Object.fromEntries(destinations.map((id) => [id, audits[id].requests])),
      peakMemoryMiB: round(peakMemoryBytes(pid) / 1024 / 1024),
      readyMs: Math.round(sidecast.readyMs),
      ...(problems.length > 0 && { problems }),
    };
  } finally {
    await sidecast?.stop();
    await load.stop();
    await sink.stop();
  }
}

function round(value) {
  return Math.round(value * 100) / 100;
}
