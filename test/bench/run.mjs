// Part of the tests: `npm run bench [-- --cases otlp-all,udp-xray] [--seconds 5] [--main dist/main.js]`: CPU per item, and whether all arrived.
import { parseArgs } from 'node:util';
import { casesFor } from './cases.mjs';
import { measure } from './measure.mjs';
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
    result = await measure(one, { main: options.main });
  } catch (error) {
    result = { case: one.name, title: one.title, error: error.message, missing: 0 };
  }
  results.push(result);
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
printTable(results);
process.exitCode = results.some(({ error, missing }) => error !== undefined || missing > 0) ? 1 : 0;
