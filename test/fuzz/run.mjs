// Part of the tests: `npm run fuzz -- --runs 1000000 [--target scan,yaml] [--seed 1] [--first 0]`: random input against everything that reads bytes of
// strangers. Fails on a crash, more than 50 ms for 64 KB, a hang, or memory that grows. Seed and number of an input make it again: --first N --runs 1.
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    target: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    first: { type: 'string', default: '0' },
  },
});
/** One input may take 50 ms; a machine that sleeps takes longer. */
const HANG_MS = 20_000;

const { targets } = await inWorker({});
const chosen = options.target.split(',').filter(Boolean);
const unknown = chosen.filter((name) => !targets.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown}; there are ${targets.join(', ')}\n`);
  process.exit(2);
}
for (const target of chosen.length > 0 ? chosen : targets) {
  const numbers = Object.fromEntries(['runs', 'seed', 'first'].map((name) => [name, Number(options[name])]));
  const { result } = await inWorker({ target, ...numbers });
  process.stdout.write(`${JSON.stringify(result)}\n`);
  if (result.findings.length > 0) process.exitCode = 1;
}

function inWorker(data) {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('worker.mjs', import.meta.url), { workerData: { ...data, progress } });
    let answer = {};
    let last = -1;
    const watch = setInterval(() => {
      const index = Atomics.load(progress, 0);
      if (data.target && index === last && index > 0) {
        answer = { result: { ...data, findings: [{ index, what: `no end within ${HANG_MS} ms` }] } };
        void worker.terminate();
      }
      last = index;
    }, HANG_MS);
    worker.on('message', (message) => Object.assign(answer, message));
    worker.on('error', reject);
    worker.on('exit', () => {
      clearInterval(watch);
      resolve(answer);
    });
  });
}
