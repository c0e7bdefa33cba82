// Part of the chaos tests: what `npm run backlog` measured, as blocks of the README. docs.test.ts writes them between its marks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESTINATION_NAMES, type DestinationId } from '../../../src/model/signals.ts';
import { markdownTable } from '../../support/markdown-table.ts';

interface Leg {
  destination: DestinationId;
  aloneItemsPerSecond: number;
  backlogItemsPerSecond: number;
  backlogShare: number;
  liveP50Ms: number;
  liveP99Ms: number;
}

interface Run {
  destinations: readonly DestinationId[];
  spans: number;
  refused: number;
  journalMiB: number;
  receivedMiB: number;
  bytesPerSpan: number;
  legs: readonly Leg[];
  liveSpansPerSecond: number;
  peakMemoryFillingMiB: number;
  peakMemoryMiB: { drain: number; all: number };
}

const FILE = join(import.meta.dirname, '..', 'results', 'backlog.json');
const RATES = [100, 1000, 10_000];
const MIB = 1024 * 1024;

/** By the name of the block: `<!-- generated: backlog-lasts -->`. */
export function backlogBlocks(): Readonly<Record<string, string>> {
  const { runs } = JSON.parse(readFileSync(FILE, 'utf8')) as { runs: readonly Run[] };
  return { 'backlog-lasts': lasts(runs), 'backlog-drain': drain(runs) };
}

/** Of the first run: what of a span lies on the disk. */
function lasts([run]: readonly Run[]): string {
  if (!run) return '';
  const bytesOnDisk = (run.journalMiB * MIB) / (run.spans - run.refused);
  return markdownTable(
    ['spans a second', 'bytes of a span', 'on the disk', '1 GiB lasts'],
    RATES.map((rate) => [
      rate.toLocaleString('en'),
      run.bytesPerSpan.toFixed(0),
      bytesOnDisk.toFixed(0),
      hours((1024 * MIB) / bytesOnDisk / rate / 3600),
    ]),
  );
}

function hours(count: number): string {
  if (count < 1) return `${Math.round(count * 60)} min`;
  return count < 48 ? `${count.toFixed(1)} h` : `${(count / 24).toFixed(1)} days`;
}

function drain(runs: readonly Run[]): string {
  const rows = runs.flatMap((run) =>
    run.legs.map((leg) => [
      run.legs.length === 1 ? 'one down' : 'all four down',
      DESTINATION_NAMES[leg.destination],
      `${leg.aloneItemsPerSecond}/s`,
      `${leg.backlogItemsPerSecond}/s`,
      `${leg.liveP50Ms} ms`,
      `${leg.liveP99Ms} ms`,
      `${run.peakMemoryMiB.drain} MiB`,
    ]),
  );
  return markdownTable(
    ['', 'destination', 'backlog, alone', 'backlog beside live data', 'live p50', 'live p99', 'peak memory'],
    rows,
  );
}
