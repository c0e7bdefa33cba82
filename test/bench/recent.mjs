// Part of the tests: `node test/bench/recent.mjs`: what recent costs of the CPU at 10,000 spans a second, by itself: no socket, no journal, no vendor.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { requestTemplate } from './otlp-spans.mjs';

const SPANS_PER_SECOND = 10_000;
const SECONDS = 120;
/** Not measured: the compiler is at work, and until the rate is known everything is kept. */
const WARM_UP_SECONDS = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const dir = await mkdtemp(join(tmpdir(), 'sidecast-recent-'));
try {
  const outfile = join(dir, 'recent.mjs');
  await build({
    stdin: {
      contents: `export { createRecent } from './src/recent/recent.ts'; export { Ledger } from './src/ledger/ledger.ts';
        export { createBufferPool } from './src/model/buffer-pool.ts'; export { scan } from './src/protocols/otlp/scan.ts';`,
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    loader: { '.proto': 'text' },
    logLevel: 'error',
  });
  const modules = await import(pathToFileURL(outfile).href);
  for (const spansPerRequest of [513, 20]) {
    // Starts where the failures are that those of the load have as well.
    const templates = Array.from({ length: 33 }, (_, i) =>
      requestTemplate((i * spansPerRequest) % 99, spansPerRequest, i + 1),
    );
    const off = await run(modules, spansPerRequest, 0, templates);
    const on = await run(modules, spansPerRequest, 16 * 1024 * 1024, templates);
    const perSpan = (on.cpuUs - off.cpuUs) / on.spans;
    process.stdout.write(
      `${spansPerRequest} spans a request: ${perSpan.toFixed(3)} µs a span; keeps ${on.size.traces} traces, 1 in ${on.size.keepsOneIn}, ${on.size.bytes} bytes\n`,
    );
  }
} finally {
  await rm(dir, { recursive: true, force: true });
}

async function run({ createRecent, Ledger, createBufferPool, scan }, spansPerRequest, maxBytes, templates) {
  const ledger = new Ledger();
  ledger.open('honeycomb', 0);
  const pool = createBufferPool(4 * 1024 * 1024);
  let nowMs = Date.now();
  const clock = { now: () => nowMs, schedule: () => () => undefined };
  const onError = (error) => {
    throw error;
  };
  const recent = createRecent({ maxBytes, ledger, destinations: ['honeycomb'], clock, pool, onError });
  const requests = Math.floor((SPANS_PER_SECOND * SECONDS) / spansPerRequest);
  const { summary } = scan('traces', templates[0].fill(0, nowMs));
  collectGarbage();
  let cpuUs = 0;
  let spans = 0;
  for (let position = 0; position < requests; position += 1) {
    nowMs += (1000 * spansPerRequest) / SPANS_PER_SECOND;
    const bytes = templates[position % templates.length].fill(position * spansPerRequest, nowMs);
    const payload = pool.take(bytes.length);
    payload.set(bytes);
    const accepted = { signal: 'traces', receivedAtMs: nowMs, payload, summary, origin: { peer: '' } };
    const before = process.cpuUsage();
    recent.appended(accepted, position);
    const sources = [{ position, from: 0, to: spansPerRequest }];
    const attempt = {
      destination: 'honeycomb',
      result: 'delivered',
      reason: undefined,
      answer: undefined,
      items: spansPerRequest,
      bytes: payload.length,
      sources,
      refused: [],
    };
    ledger.attempted(attempt);
    ledger.settle('honeycomb', 'delivered', spansPerRequest, undefined, position, 0, spansPerRequest);
    await recent.settled();
    const used = process.cpuUsage(before);
    if (position * spansPerRequest > WARM_UP_SECONDS * SPANS_PER_SECOND) {
      cpuUs += used.user + used.system;
      spans += spansPerRequest;
    }
    pool.give(payload);
  }
  return { cpuUs, spans, size: recent.size };
}
