// Part of the page: the heatmap's picture, from counts of buckets: it costs the same for ten traces and for a million.
import type { Heatmap } from '../../api/shapes.ts';
import type { Box } from '../model/filter.ts';
import { clockOfMs, duration } from '../model/format.ts';
import { decadesIn, type Grid, placeOfBox, rowAt } from '../model/heat.ts';

/** Around the cells: labels to the left and below, errors on top. */
export const PLOT = { left: 46, top: 8, bottom: 15 };

const TIME_LABEL_PX = 90;

export function drawHeat(
  canvas: HTMLCanvasElement,
  heat: Heatmap,
  grid: Grid,
  box: Box | undefined,
  width: number,
  height: number,
): void {
  const scale = devicePixelRatio;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  const style = getComputedStyle(canvas);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const area = {
    left: PLOT.left,
    top: PLOT.top,
    cellWidth: (width - PLOT.left) / grid.columns,
    cellHeight: (height - PLOT.top - PLOT.bottom) / grid.rows,
    bottom: height - PLOT.bottom,
    right: width,
  };
  context.font = `11px ${style.fontFamily}`;
  drawAxes(context, heat, grid, area, colour);
  drawCells(context, heat, grid, area, colour);
  if (box) drawBox(context, heat, grid, box, area, colour);
}

interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
  cellWidth: number;
  cellHeight: number;
}
type Colour = (name: string) => string;

function drawAxes(
  context: CanvasRenderingContext2D,
  heat: Heatmap,
  grid: Grid,
  area: Area,
  colour: Colour,
): void {
  context.fillStyle = colour('--muted');
  context.strokeStyle = colour('--line');
  context.lineWidth = 1;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const ms of decadesIn(heat, grid)) {
    const y = Math.round(area.bottom - (rowAt(heat, ms) - grid.firstRow) * area.cellHeight) + 0.5;
    stroke(context, area.left, y, area.right, y);
    context.fillText(duration(ms).replace(/\.0+ /, ' '), area.left - 6, y);
  }
  stroke(context, area.left, area.bottom + 0.5, area.right, area.bottom + 0.5);
  context.textAlign = 'center';
  context.textBaseline = 'alphabetic';
  const every = Math.ceil(TIME_LABEL_PX / area.cellWidth / 12) * 12;
  for (
    let column = Math.ceil(grid.firstColumn / every) * every;
    column < grid.firstColumn + grid.columns;
    column += every
  ) {
    const x = Math.round(area.left + (column - grid.firstColumn) * area.cellWidth) + 0.5;
    if (x < area.left + 20 || x > area.right - 20) continue;
    stroke(context, x, area.bottom, x, area.bottom + 3);
    context.fillText(clockOfMs(heat.firstColumnMs + column * heat.columnMs).slice(0, 8), x, area.bottom + 13);
  }
}

function drawCells(
  context: CanvasRenderingContext2D,
  heat: Heatmap,
  grid: Grid,
  area: Area,
  colour: Colour,
): void {
  const most = Math.log(1 + heat.cells.reduce((max, cell) => Math.max(max, cell[2]), 1));
  for (const [column, row, traces, errors] of heat.cells) {
    const at = column - grid.firstColumn;
    if (at < 0 || at >= grid.columns) continue;
    const x = area.left + at * area.cellWidth;
    const y = area.bottom - (row - grid.firstRow + 1) * area.cellHeight;
    context.globalAlpha = 0.5 + (0.5 * Math.log(1 + traces)) / most;
    context.fillStyle = colour('--heat');
    context.fillRect(x, y, area.cellWidth - 1, area.cellHeight - 1);
    if (errors === 0) continue;
    context.globalAlpha = 1;
    context.fillStyle = colour('--bad');
    // In its cell, as much of it as failed; and on top, where no shade hides it.
    const share = Math.max(0.3, errors / traces);
    context.fillRect(x, y, (area.cellWidth - 1) * share, area.cellHeight - 1);
    context.fillRect(x, 2, area.cellWidth - 1, 3);
  }
  context.globalAlpha = 1;
}

function drawBox(
  context: CanvasRenderingContext2D,
  heat: Heatmap,
  grid: Grid,
  box: Box,
  area: Area,
  colour: Colour,
): void {
  const { left, right, bottom, top } = placeOfBox(heat, grid, box);
  const x = Math.max(area.left, area.left + left * area.cellWidth);
  const endX = Math.min(area.right, area.left + right * area.cellWidth);
  const y = Math.max(area.top, area.bottom - top * area.cellHeight);
  const endY = Math.min(area.bottom, area.bottom - bottom * area.cellHeight);
  if (endX <= x) return;
  context.strokeStyle = colour('--text');
  context.lineWidth = 1.5;
  context.strokeRect(x, y, endX - x - 1, endY - y);
}

function stroke(context: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}
