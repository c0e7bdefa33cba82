// Part of the tests: what `npm run bench` measured last, as a block of the README. docs.test.ts writes it between its marks.
import { readFileSync } from 'node:fs';

interface Measured {
  cpuMicrosecondsPerItem: number;
  expected: number;
  missing: number;
  kernelDrops: number;
}

interface Result extends Measured {
  title: string;
  arrivedOnce: number;
  bytesOutPerItem: Readonly<Record<string, number>>;
  peakMemoryMiB: number;
  peer?: Measured | { error: string };
}

interface Bench {
  machine: { cpu: string; cores: number; node: string };
  runs: number;
  results: readonly Result[];
}

const RESULTS = new URL('results/bench.json', import.meta.url);

export function performanceBlock(): Readonly<Record<string, string>> {
  const { machine, runs, results } = JSON.parse(readFileSync(RESULTS, 'utf8')) as Bench;
  const rows = results.map((one) => [
    one.title,
    one.cpuMicrosecondsPerItem.toFixed(1),
    ...besidePeer(one),
    Object.values(one.bytesOutPerItem)
      .reduce((sum, bytes) => sum + bytes, 0)
      .toFixed(0),
    one.peakMemoryMiB.toFixed(0),
    lossOf(one),
  ]);
  const head = ['', 'µs CPU an item', 'Collector', 'ratio', 'bytes out an item', 'peak MiB', 'lost'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
  const chosen = runs === 2 ? 'the dearer' : 'the one in the middle';
  const times = runs === 1 ? 'One run of each' : `Of ${runs} runs of each ${chosen}, and the highest peak`;
  return {
    performance: `${table}\n\n${times}, in turns with the Collector, on Node ${machine.node.slice(1)} and ${machine.cores} cores (${machine.cpu}).`,
  };
}

function besidePeer({ cpuMicrosecondsPerItem, peer }: Result): [peer: string, ratio: string] {
  if (!peer || 'error' in peer) return ['', ''];
  const lost = peer.missing > 0 ? `, lost ${lossOf(peer)}` : '';
  return [
    `${peer.cpuMicrosecondsPerItem.toFixed(1)}${lost}`,
    (cpuMicrosecondsPerItem / peer.cpuMicrosecondsPerItem).toFixed(2),
  ];
}

function lossOf({ expected, missing, kernelDrops }: Measured): string {
  if (missing === 0) return '0';
  const share = `${((100 * missing) / expected).toFixed(2)} %`;
  return kernelDrops > 0 ? `${share} (the kernel dropped ${kernelDrops.toLocaleString('en-US')})` : share;
}
