// Part of the page: the latency heatmap: time across, duration up. A dragged box filters the list.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Heatmap } from '../../api/shapes.ts';
import type { Box } from '../model/filter.ts';
import { clockOfMs, count, duration } from '../model/format.ts';
import { boxOf, type Cell, type Grid, gridOf, sumColumn } from '../model/heat.ts';
import { filterBy } from '../state/address.ts';
import { drawHeat, PLOT } from './draw-heat.ts';
import { useWidth } from './window.ts';

interface Props {
  heat: Heatmap;
  box: Box | undefined;
}

const COLUMN_PX = 9;
const HEIGHT_PX = 116;

export function HeatmapView({ heat, box }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [hovered, setHovered] = useState<Cell>();
  const [from, setFrom] = useState<Cell>();
  const scheme = useScheme();
  const grid = gridOf(heat, (width - PLOT.left) / COLUMN_PX, Date.now());
  const dragged = from && hovered ? boxOf(heat, from, hovered) : undefined;
  useEffect(() => {
    if (canvas.current && width > 0) drawHeat(canvas.current, heat, grid, dragged ?? box, width, HEIGHT_PX);
  }, [heat, grid, dragged, box, width, scheme]);
  const cellAt = (event: PointerEvent) => cellUnder(event, grid, width);
  return (
    <div class="heatmap" ref={frame}>
      <p class="reading" aria-hidden="true">
        {hovered ? reading(heat, hovered) : 'drag to filter'}
      </p>
      <canvas
        ref={canvas}
        role="img"
        aria-label="Latency over time; the table that follows says the same"
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setFrom(cellAt(event));
        }}
        onPointerMove={(event) => setHovered(cellAt(event))}
        onPointerLeave={() => from ?? setHovered(undefined)}
        onPointerCancel={() => setFrom(undefined)}
        onPointerUp={(event) => {
          if (from) filterBy({ box: boxOf(heat, from, cellAt(event)) });
          setFrom(undefined);
        }}
      />
      <HeatTable heat={heat} grid={grid} />
    </div>
  );
}

function cellUnder(event: PointerEvent, grid: Grid, width: number): Cell {
  const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const across = (event.clientX - area.left - PLOT.left) / ((width - PLOT.left) / grid.columns);
  const plotHeight = HEIGHT_PX - PLOT.top - PLOT.bottom;
  const up = (HEIGHT_PX - PLOT.bottom - (event.clientY - area.top)) / (plotHeight / grid.rows);
  const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(value)));
  return {
    column: grid.firstColumn + within(across, grid.columns),
    row: grid.firstRow + within(up, grid.rows),
  };
}

function reading(heat: Heatmap, { column, row }: Cell): string {
  const { fromMs, minMs, maxMs } = boxOf(heat, { column, row }, { column, row });
  const [, , traces = 0, errors = 0] = heat.cells.find((cell) => cell[0] === column && cell[1] === row) ?? [];
  const sum = sumColumn(heat, column);
  const here = `${clockOfMs(fromMs).slice(0, 8)} · ${duration(minMs)} to ${duration(maxMs)}: ${traces}${errors > 0 ? `, ${errors} with errors` : ''}`;
  return sum
    ? `${here} · these 5 s: ${count(sum.traces)}, p50 ≈ ${duration(sum.p50Ms)}, p99 ≈ ${duration(sum.p99Ms)}`
    : here;
}

const TABLE_COLUMNS = 60;

function HeatTable({ heat, grid }: { heat: Heatmap; grid: Grid }) {
  const end = grid.firstColumn + grid.columns;
  const sums = Array.from({ length: TABLE_COLUMNS }, (_, index) => sumColumn(heat, end - 1 - index));
  return (
    <table class="unseen">
      <caption>Latency of the last five minutes, newest first</caption>
      <thead>
        <tr>
          <th scope="col">5 seconds from</th>
          <th scope="col">traces</th>
          <th scope="col">with errors</th>
          <th scope="col">p50</th>
          <th scope="col">p99</th>
        </tr>
      </thead>
      <tbody>
        {sums.map(
          (sum) =>
            sum && (
              <tr key={sum.column}>
                <th scope="row">{clockOfMs(sum.startMs).slice(0, 8)}</th>
                <td>{sum.traces}</td>
                <td>{sum.errors}</td>
                <td>{duration(sum.p50Ms)}</td>
                <td>{duration(sum.p99Ms)}</td>
              </tr>
            ),
        )}
      </tbody>
    </table>
  );
}

function useScheme(): boolean {
  const query = matchMedia('(prefers-color-scheme: dark)');
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const look = () => setDark(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  return isDark;
}
