// Part of the page: the latency heatmap: time across, duration up. A box that is dragged, or drawn by keys, filters the list.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Heatmap } from '../../api/shapes.ts';
import type { Box } from '../model/filter.ts';
import { clockOfMs, count, duration } from '../model/format.ts';
import { type Cell, type Grid, gridOf, sumColumn } from '../model/heat.ts';
import { boxOfSelection, firstColumnOf, type Selection, select, tracesIn } from '../model/heat-keys.ts';
import { setFilter } from '../state/address.ts';
import { drawHeat, PLOT } from './draw-heat.ts';
import { HeatTable } from './heat-table.tsx';
import { useWidth } from './window.ts';

interface Props {
  heat: Heatmap;
  box: Box | undefined;
}

const COLUMN_PX = 9;
const HEIGHT_PX = 116;
const KEYS =
  'Arrow keys move, with Shift they draw a box, Enter filters the list by it, Escape clears it; the table that follows says the same in numbers';

export function HeatmapView({ heat, box }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const frame = useRef<HTMLDivElement>(null);
  const width = useWidth(frame);
  const [hovered, setHovered] = useState<Cell>();
  const [from, setFrom] = useState<Cell>();
  const [selected, setSelected] = useState<Selection>();
  const [said, say] = useState('');
  const scheme = useScheme();
  const grid = gridOf(heat, (width - PLOT.left) / COLUMN_PX, Date.now());
  const drawing = from && hovered ? { from, to: hovered } : selected;
  const shown = drawing ? boxOfSelection(heat, drawing) : box;
  useEffect(() => {
    if (canvas.current && width > 0) drawHeat(canvas.current, heat, grid, shown, width, HEIGHT_PX);
  }, [heat, grid, shown, width, scheme]);
  const cellAt = (event: PointerEvent) => cellUnder(event, heat, grid, width);
  const choose = (selection: Selection) => {
    setFilter('box', boxOfSelection(heat, selection));
    setSelected(undefined);
  };

  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = select(event.key, event.shiftKey, selected, heat, grid);
    if (next) {
      setSelected(next);
      say(inWords(heat, next));
    } else if (event.key === 'Enter' && selected) {
      choose(selected);
      say(`The list is filtered: ${inWords(heat, selected)}`);
    } else if (event.key === 'Escape' && (selected || box)) {
      if (selected) setSelected(undefined);
      else setFilter('box', undefined);
      say(selected ? 'The box is cleared' : 'The list is no longer filtered by a box');
    } else return;
    event.preventDefault();
  }

  return (
    <div class="heatmap" ref={frame}>
      <p class="reading" aria-hidden="true">
        {hovered ? reading(heat, hovered) : selected ? inWords(heat, selected) : 'drag to filter'}
      </p>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a box is drawn on it, by pointer or by keys */}
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-roledescription="heatmap"
        aria-label={`Latency over time. ${KEYS}`}
        onKeyDown={onKey}
        onBlur={() => setSelected(undefined)}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setSelected(undefined);
          setFrom(cellAt(event));
        }}
        onPointerMove={(event) => setHovered(cellAt(event))}
        onPointerLeave={() => from ?? setHovered(undefined)}
        onPointerCancel={() => setFrom(undefined)}
        onPointerUp={(event) => {
          if (from) choose({ from, to: cellAt(event) });
          setFrom(undefined);
        }}
      />
      <p class="unseen" role="status" aria-live="polite">
        {said}
      </p>
      <HeatTable heat={heat} grid={grid} />
    </div>
  );
}

/** Its column is counted from the epoch: the map moves on while one drags. */
function cellUnder(event: PointerEvent, heat: Heatmap, grid: Grid, width: number): Cell {
  const area = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const across = (event.clientX - area.left - PLOT.left) / ((width - PLOT.left) / grid.columns);
  const plotHeight = HEIGHT_PX - PLOT.top - PLOT.bottom;
  const up = (HEIGHT_PX - PLOT.bottom - (event.clientY - area.top)) / (plotHeight / grid.rows);
  const within = (value: number, size: number) => Math.min(size - 1, Math.max(0, Math.floor(value)));
  return {
    column: firstColumnOf(heat) + grid.firstColumn + within(across, grid.columns),
    row: grid.firstRow + within(up, grid.rows),
  };
}

function reading(heat: Heatmap, cell: Cell): string {
  const sum = sumColumn(heat, cell.column - firstColumnOf(heat));
  const here = inWords(heat, { from: cell, to: cell });
  return sum
    ? `${here} · these 5 s: ${count(sum.traces)}, p50 ≈ ${duration(sum.p50Ms)}, p99 ≈ ${duration(sum.p99Ms)}`
    : here;
}

function inWords(heat: Heatmap, selection: Selection): string {
  const { fromMs, toMs, minMs, maxMs } = boxOfSelection(heat, selection);
  const { traces, errors } = tracesIn(heat, selection);
  const isOne = toMs - fromMs === heat.columnMs;
  const time = [fromMs, ...(isOne ? [] : [toMs])].map((ms) => clockOfMs(ms).slice(0, 8)).join(' to ');
  const failed = errors > 0 ? `, ${count(errors)} with errors` : '';
  return `${time} · ${duration(minMs)} to ${duration(maxMs)}: ${count(traces)}${failed}`;
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
