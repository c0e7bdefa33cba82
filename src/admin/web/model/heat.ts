// Part of the page: the heatmap as geometry: which cells there are, where they lie, and what a dragged box means.
import type { Heatmap } from '../../api/shapes.ts';
import type { Box } from './filter.ts';

export interface Grid {
  firstColumn: number;
  columns: number;
  firstRow: number;
  rows: number;
}

export interface Cell {
  column: number;
  row: number;
}

/** Two decades at least, so that a quiet backend does not look dramatic. */
const MIN_DECADES = 2;

/** The newest columns that have room, ending now; rows from the fastest to the slowest that occur. */
export function gridOf(
  { cells, firstColumnMs, columnMs, ratio }: Heatmap,
  room: number,
  nowMs: number,
): Grid {
  const newest = cells.reduce((latest, [column]) => Math.max(latest, column), 0);
  const end = Math.max(newest, Math.floor((nowMs - firstColumnMs) / columnMs)) + 1;
  const columns = Math.max(1, Math.floor(room));
  const firstColumn = end - columns;
  const seen = cells.filter(([column]) => column >= firstColumn).map(([, row]) => row);
  const low = seen.length > 0 ? Math.min(...seen) : 0;
  const high = seen.length > 0 ? Math.max(...seen) : 0;
  const leastRows = Math.ceil((MIN_DECADES * Math.LN10) / Math.log(ratio));
  const rows = Math.max(leastRows, high - low + 3);
  return { firstColumn, columns, firstRow: Math.max(0, low - 1), rows };
}

export function boxOf(heat: Heatmap, from: Cell, to: Cell): Box {
  const [left, right] = [Math.min(from.column, to.column), Math.max(from.column, to.column)];
  const [bottom, top] = [Math.min(from.row, to.row), Math.max(from.row, to.row)];
  return {
    fromMs: heat.firstColumnMs + left * heat.columnMs,
    toMs: heat.firstColumnMs + (right + 1) * heat.columnMs,
    minMs: bottom === 0 ? 0 : heat.lowMs * heat.ratio ** bottom,
    maxMs: heat.lowMs * heat.ratio ** (top + 1),
  };
}

/** In units of cells from the grid's left and bottom edge. */
export function placeOfBox(heat: Heatmap, grid: Grid, box: Box) {
  const column = (ms: number) => (ms - heat.firstColumnMs) / heat.columnMs - grid.firstColumn;
  return {
    left: column(box.fromMs),
    right: column(box.toMs),
    bottom: rowAt(heat, box.minMs) - grid.firstRow,
    top: rowAt(heat, box.maxMs) - grid.firstRow,
  };
}

/** Where a duration lies, as a number of rows from the lowest. */
export const rowAt = ({ lowMs, ratio }: Heatmap, ms: number): number =>
  ms <= lowMs ? 0 : Math.log(ms / lowMs) / Math.log(ratio);

/** Powers of ten that lie in the grid. */
export function decadesIn(heat: Heatmap, grid: Grid): number[] {
  const decades: number[] = [];
  for (let exponent = -3; exponent <= 6; exponent++) {
    const row = rowAt(heat, 10 ** exponent) - grid.firstRow;
    if (row > 0.5 && row < grid.rows - 0.3 && 10 ** exponent > heat.lowMs) decades.push(10 ** exponent);
  }
  return decades;
}

export interface ColumnSum {
  column: number;
  startMs: number;
  traces: number;
  errors: number;
  p50Ms: number;
  p99Ms: number;
}

/** A column in numbers: for hovering, and for those who do not see the picture. */
export function sumColumn(heat: Heatmap, column: number): ColumnSum | undefined {
  const cells = heat.cells.filter(([at]) => at === column).sort((a, b) => a[1] - b[1]);
  const traces = cells.reduce((sum, cell) => sum + cell[2], 0);
  if (traces === 0) return undefined;
  const errors = cells.reduce((sum, cell) => sum + cell[3], 0);
  const quantile = (share: number) => {
    let seen = 0;
    for (const [, row, count] of cells) {
      seen += count;
      if (seen >= share * traces) return heat.lowMs * heat.ratio ** (row + 0.5);
    }
    return 0;
  };
  const startMs = heat.firstColumnMs + column * heat.columnMs;
  return { column, startMs, traces, errors, p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}
