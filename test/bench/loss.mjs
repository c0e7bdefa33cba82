// Part of the tests: `npm run loss [-- --cases json-8MiB] [--seconds 5] [--bare] [--main dist/main.js]`: how many X-Ray datagrams are lost, and where.
// With --bare, a process that only counts takes turns with sidecast, at the kernel's default buffer: what it loses, the machine takes.
import { parseArgs } from 'node:util';
import { untilArrived } from './arrival.mjs';
import { startChild } from './children.mjs';
import { startSidecast } from './measured.mjs';
import { cpuMicroseconds, kernelDrops } from './process-stats.mjs';

const JSON_BYTES = 16 * 1024 * 1024;
/** What is asked of the kernel. 0 leaves its default; net.core.rmem_max is the most that it gives. */
const BUFFERS = { default: '0', '8MiB': '8MiB' };
const LOADS = [
  { name: 'steady', rate: 5000, seconds: 60 },
  { name: 'burst', rate: 20_000, seconds: 5 },
  { name: 'json', rate: 5000, seconds: 60, besideJson: true },
];

const { values: options } = parseArgs({
  options: {
    cases: { type: 'string', default: '' },
    seconds: { type: 'string' },
    bare: { type: 'boolean', default: false },
    main: { type: 'string', default: 'dist/main.js' },
  },
});
const cases = LOADS.flatMap((load) =>
  Object.entries(BUFFERS).map(([size, buffer]) => ({ ...load, name: `${load.name}-${size}`, buffer })),
);
const names = options.cases.split(',').filter(Boolean);
const unknown = names.filter((name) => !cases.some((one) => one.name === name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown}; there are ${cases.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}

let hasFailed = false;
for (const one of cases) {
  if (names.length > 0 && !names.includes(one.name)) continue;
  const seconds = Number(options.seconds ?? one.seconds);
  const result = await measureInTurns({ ...one, seconds }).catch(({ message }) => ({
    case: one.name,
    error: message,
  }));
  hasFailed ||= result.error !== undefined || result.lost > 0;
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
process.exitCode = hasFailed ? 1 : 0;

async function measureInTurns(one) {
  if (!options.bare) return measure(one);
  const bare = await measureBare(one);
  return { ...(await measure(one)), bare };
}

/** JSON bodies have nobody to take them there: it is a load without them. */
async function measureBare({ rate, seconds }) {
  const segments = Math.round(rate * seconds);
  const receiver = startChild('bare-receiver.mjs');
  const load = startChild('udp-load.mjs');
  try {
    const { port } = await receiver.next();
    await load.ask({ port, rate, segments });
    const { received, kernelDrops } = await receiver.ask({});
    return { lost: segments - received, kernelDrops };
  } finally {
    await load.stop();
    await receiver.stop();
  }
}

async function measure({ name, rate, seconds, buffer, besideJson }) {
  const segments = Math.round(rate * seconds);
  const sink = startChild('sink.mjs');
  const load = startChild('udp-load.mjs');
  const json = besideJson ? startChild('json-load.mjs') : undefined;
  let sidecast;
  try {
    const { port } = await sink.next();
    sidecast = await startSidecast({
      main: options.main,
      destinations: ['aws-xray'],
      env: { SIDECAST_XRAY_RECEIVE_BUFFER_BYTES: buffer },
      sinkUrl: `http://127.0.0.1:${port}`,
    });
    const { pid, xrayPort, otlpPort } = sidecast;
    const cpuBefore = cpuMicroseconds(pid);
    json?.send({ port: otlpPort, bytes: JSON_BYTES });
    const sent = await load.ask({ port: xrayPort, rate, segments });
    const posted = await json?.ask({ stop: true });
    const { destinations, problems } = await untilArrived(sink, 'udp', segments, ['aws-xray']);
    const cpu = cpuMicroseconds(pid) - cpuBefore;
    const { missing, once, duplicated } = destinations['aws-xray'];
    const { receivers } = await sidecast.status();
    const { accepted, refused, receiveBufferBytes } = receivers['aws-xray'];
    return {
      case: name,
      node: process.version,
      segments,
      segmentsPerSecond: Math.round(segments / sent.seconds),
      bytesPerSegment: Math.round(sent.bytes / segments),
      receiveBufferBytes,
      kernelDrops: kernelDrops(xrayPort),
      accepted: accepted.segments,
      refused,
      delivered: once + duplicated,
      duplicated,
      lost: missing,
      lostPercent: Math.round((missing / segments) * 1e5) / 1e3,
      cpuMicrosecondsPerSegment: Math.round((cpu / segments) * 10) / 10,
      ...(posted && { json: posted }),
      ...(problems.length > 0 && { problems }),
    };
  } finally {
    await sidecast?.stop();
    await load.stop();
    await json?.stop();
    await sink.stop();
  }
}
