// Part of the page: what came in and what went out, second by second, for as long as the page has been open.
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { DESTINATION_IDS, DESTINATION_NAMES } from '../../../model/signals.ts';
import type { Pipeline } from '../../api/shapes.ts';
import { clockOfMs, rate } from '../model/format.ts';
import { rates } from '../state/live.ts';
import { useWidth } from './window.ts';

const HEIGHT_PX = 140;
const SHOWN_SECONDS = 300;
const LEAST_SECONDS = 60;

export function Throughput({ now }: { now: Pipeline }) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const width = useWidth(frame);
  const shown = DESTINATION_IDS.filter((id) => now.status.destinations[id].state !== 'off').join(' ');
  useEffect(() => {
    const element = frame.current;
    if (!element || width === 0) return undefined;
    const made = new uPlot(
      optionsFor(element, width, shown.split(' ').filter(Boolean)),
      dataFor(shown),
      element,
    );
    plot.current = made;
    showNewest(made);
    return () => {
      plot.current = undefined;
      made.destroy();
    };
  }, [width, shown]);
  useEffect(() => {
    plot.current?.setData(dataFor(shown));
    if (plot.current) showNewest(plot.current);
  }, [now]);
  return (
    <section class="throughput" aria-label="Throughput">
      <h2>
        Items a second <span class="note">while this page is open</span>
      </h2>
      <div ref={frame} />
    </section>
  );
}

/** In the legend, until one points at another second. */
function showNewest(plot: uPlot): void {
  const isPointedAt = (plot.cursor.left ?? -1) >= 0;
  if (!isPointedAt && rates.length > 0) plot.setLegend({ idx: rates.length - 1 });
}

function dataFor(shown: string): uPlot.AlignedData {
  return [
    rates.map(({ atMs }) => atMs / 1000),
    rates.map(({ received }) => received),
    ...shown
      .split(' ')
      .filter(Boolean)
      .map((id) => rates.map(({ delivered }) => delivered[id] ?? 0)),
  ];
}

function optionsFor(element: HTMLElement, width: number, shown: readonly string[]): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  const text = (_: uPlot, value: number | null) => (value === null ? '–' : rate(value));
  const font = `11px ${style.fontFamily}`;
  const axis = {
    stroke: colour('--muted'),
    grid: { stroke: colour('--line'), width: 1 },
    ticks: { show: false },
    font,
  };
  const names = DESTINATION_NAMES as Readonly<Record<string, string>>;
  return {
    width,
    height: HEIGHT_PX,
    cursor: { y: false, drag: { setScale: false } },
    legend: { live: true },
    scales: {
      x: {
        time: false,
        range: (_, min, max) => [max - Math.min(SHOWN_SECONDS, Math.max(LEAST_SECONDS, max - min)), max],
      },
      y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] },
    },
    axes: [
      {
        ...axis,
        values: (_, splits) => splits.map((at) => clockOfMs(at * 1000).slice(0, 8)),
        space: 90,
        size: 26,
      },
      { ...axis, values: (_, splits) => splits.map((value) => rate(value)), size: 64 },
    ],
    series: [
      { label: 'time', value: (_, at) => (at === null ? '–' : clockOfMs(at * 1000).slice(0, 8)) },
      { label: 'received', stroke: colour('--text'), width: 1.5, points: { show: false }, value: text },
      ...shown.map((id, index) => ({
        label: `to ${names[id]}`,
        stroke: colour(`--c${index}`),
        width: 1.5,
        points: { show: false },
        dash: [[], [6, 3], [2, 3], [8, 3, 2, 3]][index] ?? [],
        value: text,
      })),
    ],
  };
}
