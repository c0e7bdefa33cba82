// Part of the tests: one case of the benchmark, once: load, the measured process, the sink, and the books at the end.
import { untilArrived } from './arrival.mjs';
import { startChild } from './children.mjs';
import { startSidecast } from './measured.mjs';
import { startCollector } from './peers.mjs';
import { cpuMicroseconds, kernelDrops, peakMemoryBytes } from './process-stats.mjs';

/** `execArgv`: for node. With `peersDir`, the case's peer in the place of sidecast. */
export async function measure(one, { main, execArgv = [], peersDir }) {
  const { name, title, kind, items, load: loadOptions, destinations, env } = one;
  const sink = startChild('sink.mjs');
  const load = startChild(`${kind}-load.mjs`);
  let measured;
  try {
    const { port } = await sink.next();
    const sinkUrl = `http://127.0.0.1:${port}`;
    measured = peersDir
      ? await startCollector({ dir: peersDir, ...one.peer, destinations, sinkUrl })
      : await startSidecast({ main, execArgv, destinations, env, sinkUrl });
    const { pid } = measured;
    const cpuBefore = cpuMicroseconds(pid);
    const target = kind === 'otlp' ? measured.otlpPort : measured.xrayPort;
    const sent = await load.ask({ ...loadOptions, port: target });
    const { destinations: audits, problems } = await untilArrived(sink, kind, items, destinations);
    const cpu = cpuMicroseconds(pid) - cpuBefore;
    const of = (field) => destinations.map((destination) => audits[destination][field]);
    const sum = (field) => of(field).reduce((total, count) => total + count, 0);
    const bytes = destinations.map((id) => [id, round(audits[id].bodyBytes / items)]);
    return {
      case: name,
      by: peersDir ? 'collector' : 'sidecast',
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
      readyMs: Math.round(measured.readyMs),
      ...(problems.length > 0 && { problems }),
    };
  } finally {
    await measured?.stop();
    await load.stop();
    await sink.stop();
  }
}

function round(value) {
  return Math.round(value * 100) / 100;
}
