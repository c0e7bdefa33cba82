// Part of the chaos tests: what they measured, as blocks of the README. docs.test.ts writes them between its marks.
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../../src/model/signals.ts';
import { type EpisodeResult, readEpisodes } from './episode/results.ts';
import { FAULTS, type FaultRow } from './matrix/faults.ts';
import { type MeasuredCell, readCells } from './matrix/results.ts';
import { readResults } from './results.ts';

/** Of one destination. */
interface CrashResult {
  destination: DestinationId;
  acknowledged: number;
  lost: number;
  duplicates: number;
  allowed: number;
  kills: number;
}

/** One way to end a process, so many times: all of one kind added up. */
interface PeerResult {
  what: string;
  destination: 'healthy' | 'slow' | 'down';
  kills: number;
  acknowledged: number;
  lost: number;
  duplicates: number;
}

/** By the name of the block: `<!-- generated: fault-matrix -->`. */
export function reliabilityBlocks(): Readonly<Record<string, string>> {
  return {
    'fault-matrix': faultMatrix(readCells()),
    'crash-loop': crashLoop(readResults('crash')),
    'crash-peers': crashPeers(readResults('crash-peers')),
    chaos: chaos(readEpisodes()),
  };
}

/** A row for each fault. In a cell: from mending until nothing waits, and by how much the 99th percentile of the others changed. */
function faultMatrix(cells: readonly MeasuredCell[]): string {
  const names = DESTINATION_IDS.map((id) => DESTINATION_NAMES[id]);
  const rows = FAULTS.map((row) => {
    const ofRow = DESTINATION_IDS.map((id) => cellOf(cells, row, id));
    return [row.title, states(ofRow), FATES[row.expected('honeycomb').fate], ...ofRow.map(renderCell)];
  });
  return `${table(['what one destination does', 'it is', 'its items', ...names], rows)}\n\n${conditions(cells)}`;
}

function cellOf(cells: readonly MeasuredCell[], row: FaultRow, id: DestinationId): MeasuredCell {
  const found = cells.find(({ fault, destination }) => fault === row.id && destination === id);
  if (found) return found;
  throw new Error(`no result of ${row.id} at ${id}. Measure it: RESULTS=1 FAULT=${row.id} npm run matrix`);
}

function renderCell(cell: MeasuredCell): string {
  const changes = DESTINATION_IDS.flatMap((id) => {
    const p99Ms = cell.others[id]?.p99Ms;
    return p99Ms === undefined ? [] : [p99Ms - cell.undisturbedP99Ms[id]];
  });
  const change = Math.max(...changes);
  return `${(cell.recoveredAfterMs / 1000).toFixed(1)} s · ${change < 0 ? '−' : '+'}${Math.abs(change)} ms`;
}

/** `retrying` with the reason; `on` with the reason of what was rejected. */
function states(cells: readonly MeasuredCell[]): string {
  const all = cells.map(({ state, code }) => (code ? `${state} (\`${code}\`)` : state));
  return [...new Set(all)].join(', ');
}

const FATES = {
  arrive: 'all arrive',
  rejected: 'in the dead letters',
  'some rejected': 'what it took arrives, the rest is in the dead letters',
} as const;

function conditions(cells: readonly MeasuredCell[]): string {
  const usual = DESTINATION_IDS.map((id) => {
    const sorted = cells.map(({ undisturbedP99Ms }) => undisturbedP99Ms[id]).sort((a, b) => a - b);
    return `${count(sorted[sorted.length >> 1] ?? 0)} ms at ${DESTINATION_NAMES[id]}`;
  });
  const samples = Math.min(
    ...cells.flatMap(({ others }) => Object.values(others).map((each) => each.samples)),
  );
  const again = cells.filter(({ attempts }) => attempts > 1).length;
  const sent = cells.reduce((sum, { items }) => sum + items.acknowledged, 0);
  const lost = cells.reduce((sum, { items }) => sum + items.lost, 0);
  return [
    `${cells.length} cells; ${count(sent)} items were answered with success for the destination that failed, ${lost} lost.`,
    `At least ${count(samples)} items at each of the other three in every cell; undisturbed their p99 was ${usual.join(', ')}.`,
    `${again === 0 ? 'No cell was' : again === 1 ? 'One cell was' : `${again} cells were`} measured more than once for the bound.`,
  ].join('\n');
}

function crashLoop(results: readonly CrashResult[]): string {
  return table(
    ['destination', 'kills', 'answered with success', 'lost', 'came again', 'for each kill', 'bound'],
    results.map(({ destination, acknowledged, lost, duplicates, allowed, kills }) => [
      DESTINATION_NAMES[destination],
      ...[kills, acknowledged, lost, duplicates].map(count),
      (duplicates / kills).toFixed(1),
      count(allowed),
    ]),
  );
}

function crashPeers(results: readonly PeerResult[]): string {
  return table(
    ['what is killed', 'destination', 'kills', 'answered with success', 'lost', 'came again'],
    results.map(({ what, destination, kills, acknowledged, lost, duplicates }) => [
      what,
      destination,
      String(kills),
      count(acknowledged),
      lost === 0 ? '0' : `${count(lost)} (${((100 * lost) / acknowledged).toFixed(1)} %)`,
      count(duplicates),
    ]),
  );
}

function chaos(episodes: readonly EpisodeResult[]): string {
  const sum = (of: (episode: EpisodeResult) => number) => episodes.reduce((all, each) => all + of(each), 0);
  const seeds = episodes.map(({ seed }) => seed).join(', ');
  return [
    `${episodes.length} episodes, ${Math.round(sum(({ durationMs }) => durationMs) / 60_000)} minutes:`,
    `${count(sum(({ acknowledged }) => acknowledged))} items answered with success,`,
    `${count(sum(({ kills }) => kills))} kills, ${count(sum(({ stops }) => stops))} SIGTERM,`,
    `${count(sum(({ vendorFaults }) => vendorFaults))} faults of a destination, ${count(sum(({ diskFaults }) => diskFaults))} of the disk.`,
    `Of what a destination had a use for, ${count(sum(({ arrived }) => arrived))} arrived,`,
    `${count(sum(({ rejected }) => rejected))} are in the dead letters, ${count(sum(({ suspect }) => suspect))} there as suspects,`,
    `${count(sum(({ lost }) => lost))} lost. Seeds: ${seeds}.`,
  ].join('\n');
}

const count = (items: number) => items.toLocaleString('en-US');

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
