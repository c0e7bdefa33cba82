// Part of the page: a box of the heatmap drawn by keys. Columns are counted from the epoch, so that it stays where it is while time moves on.
import type { Heatmap } from '../../api/shapes.ts';
import type { Box } from './filter.ts';
import { boxOf, type Cell, type Grid } from './heat.ts';

/** `to` is where the keys are; `from` stays behind while shift is held. */
export interface Selection {
  from: Cell;
  to: Cell;
}

const MINUTE_COLUMNS = 12;
const STEPS: Readonly<Record<string, readonly [columns: number, rows: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
  PageUp: [-MINUTE_COLUMNS, 0],
  PageDown: [MINUTE_COLUMNS, 0],
};

export const firstColumnOf = ({ firstColumnMs, columnMs }: Heatmap): number => firstColumnMs / columnMs;

/** Undefined for a key that moves nothing. */
export function select(
  key: string,
  isExtending: boolean,
  now: Selection | undefined,
  heat: Heatmap,
  grid: Grid,
): Selection | undefined {
  const first = firstColumnOf(heat) + grid.firstColumn;
  const last = first + grid.columns - 1;
  const step = STEPS[key];
  if (!step && key !== 'Home' && key !== 'End') return undefined;
  if (!now) {
    const newest = newestCell(heat);
    return { from: newest, to: newest };
  }
  const column = key === 'Home' ? first : key === 'End' ? last : now.to.column + (step?.[0] ?? 0);
  const to = {
    column: Math.min(last, Math.max(first, column)),
    row: Math.min(grid.firstRow + grid.rows - 1, Math.max(grid.firstRow, now.to.row + (step?.[1] ?? 0))),
  };
  return { from: isExtending ? now.from : to, to };
}

/** Where most of the newest column is: something is to be seen there. */
function newestCell(heat: Heatmap): Cell {
  const [column, row] = heat.cells.reduce(
    (best, cell) => (cell[0] > best[0] || (cell[0] === best[0] && cell[2] > best[2]) ? cell : best),
    [0, 0, 0, 0],
  );
  return { column: firstColumnOf(heat) + column, row };
}

export const boxOfSelection = (heat: Heatmap, { from, to }: Selection): Box =>
  boxOf({ ...heat, firstColumnMs: 0 }, from, to);

export function tracesIn(heat: Heatmap, { from, to }: Selection): { traces: number; errors: number } {
  const [left, right] = [from.column, to.column].sort((a, b) => a - b) as [number, number];
  const [low, high] = [from.row, to.row].sort((a, b) => a - b) as [number, number];
  const base = firstColumnOf(heat);
  let [traces, errors] = [0, 0];
  for (const [column, row, seen, failed] of heat.cells) {
    if (column + base < left || column + base > right || row < low || row > high) continue;
    traces += seen;
    errors += failed;
  }
  return { traces, errors };
}
