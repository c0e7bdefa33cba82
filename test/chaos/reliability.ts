// Part of the chaos tests: what they measured, as blocks of the README. docs.test.ts writes them between its marks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DESTINATION_IDS, DESTINATION_NAMES, type DestinationId } from '../../src/model/signals.ts';
import type { CellResult, Latency } from './matrix/cell.ts';
import { FAULTS, type FaultRow } from './matrix/faults.ts';

interface MatrixResults {
  samples: number;
  undisturbedP99Ms: Readonly<Record<DestinationId, number>>;
  cells: readonly CellResult[];
}

interface CrashResults {
  kills: number;
  figures: readonly {
    destination: DestinationId;
    acknowledged: number;
    lost: number;
    duplicates: number;
    allowed: number;
  }[];
}

const read = <T>(name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'results', name), 'utf8')) as T;

/** By the name of the block: `<!-- generated: fault-matrix -->`. */
export function reliabilityBlocks(): Readonly<Record<string, string>> {
  return {
    'fault-matrix': faultMatrix(read('matrix.json')),
    'crash-loop': crashLoop(read('crash.json')),
  };
}

/** A row for each fault. In a cell: from mending to the last item, and by how much the 99th percentile of the others changed. */
function faultMatrix(results: MatrixResults): string {
  const names = DESTINATION_IDS.map((id) => DESTINATION_NAMES[id]);
  return table(
    ['what one destination does', 'it is', 'its items', ...names],
    FAULTS.map((row) => {
      const cells = results.cells.filter(({ fault }) => fault === row.id);
      const at = (id: DestinationId) => cells.find(({ destination }) => destination === id);
      const shown = DESTINATION_IDS.map((id) => renderCell(at(id), results.undisturbedP99Ms));
      return [row.title, states(cells), FATES[fateOf(row)], ...shown];
    }),
  );
}

function renderCell(cell: CellResult | undefined, undisturbed: MatrixResults['undisturbedP99Ms']): string {
  if (!cell) return '–';
  const changes = (Object.entries(cell.others) as [DestinationId, Latency][]).map(
    ([id, { p99Ms }]) => p99Ms - undisturbed[id],
  );
  const change = Math.max(...changes);
  const recovery = cell.recoveredAfterMs === null ? '–' : `${(cell.recoveredAfterMs / 1000).toFixed(1)} s`;
  return `${recovery} · ${change < 0 ? '−' : '+'}${Math.abs(change)} ms`;
}

/** `retrying` with the reason; `on` with the reason of what was rejected. */
function states(cells: readonly CellResult[]): string {
  const all = cells.map(({ state, code }) => (code ? `${state} (\`${code}\`)` : state));
  return [...new Set(all)].join(', ');
}

const FATES = {
  arrive: 'all arrive',
  rejected: 'in the dead letters',
  'some rejected': 'what it took arrives, the rest is in the dead letters',
} as const;

const fateOf = (row: FaultRow) => row.expected('honeycomb').fate;

function crashLoop({ figures }: CrashResults): string {
  return table(
    ['destination', 'answered with success', 'lost', 'came twice', 'bound'],
    figures.map(({ destination, acknowledged, lost, duplicates, allowed }) => [
      DESTINATION_NAMES[destination],
      String(acknowledged),
      String(lost),
      String(duplicates),
      String(allowed),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
