// Part of the page: the waterfall: the tree on the left, time to the right. Only the rows in sight are drawn.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { duration } from '../model/format.ts';
import { matches, visibleRows, type WaterfallRow } from '../model/rows.ts';
import { lengthOf, type Stretch, stretchBy } from '../model/stretch.ts';
import type { Tree } from '../model/tree.ts';
import type { Waterfall } from '../model/waterfall.ts';
import { Ruler } from './ruler.tsx';
import { WaterfallRowView } from './waterfall-row.tsx';
import { useInSight, useWidth } from './window.ts';

export const SPAN_PX = 22;
const OVERSCAN = 12;

interface Props {
  waterfall: Waterfall;
  chosenId: string | undefined;
  onChoose(spanId: string): void;
}

export function WaterfallView({ waterfall, chosenId, onChoose }: Props) {
  const { tree, services } = waterfall;
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const [withLogs, setWithLogs] = useState(true);
  const [text, setText] = useState('');
  const found = useMemo(() => (text.trim() === '' ? undefined : matches(tree, text.trim())), [tree, text]);
  const rows = useMemo(
    () => visibleRows(tree, { folded, withLogs, only: found?.shown }),
    [tree, folded, withLogs, found],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const { topPx, heightPx } = useInSight(scroller);
  const width = useWidth(scroller);
  const nameWidth = useMemo(() => nameColumn(rows, width, bodyFont()), [rows, width]);
  const first = Math.max(0, Math.floor(topPx / SPAN_PX) - OVERSCAN);
  const shown = rows.slice(first, first + Math.ceil(heightPx / SPAN_PX) + 2 * OVERSCAN);
  const wholeMs = tree.durationMs;
  const [chosenStretch, setStretch] = useState<Stretch>();
  const stretch = chosenStretch ?? { fromMs: 0, toMs: wholeMs };
  const show = (next: Stretch) => setStretch(lengthOf(next) < wholeMs ? next : undefined);
  useReveal(scroller, rows, chosenId);
  const fold = (id: string) =>
    setFolded((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const logCount = useMemo(() => countLogs(tree), [tree]);
  return (
    <div class="waterfall">
      <div class="tools">
        {tree.byId.size > 8 && (
          <input
            type="search"
            aria-label="Find in this trace"
            placeholder={`find in ${tree.byId.size} spans`}
            value={text}
            onInput={(event) => setText(event.currentTarget.value)}
          />
        )}
        {found && <span role="status">{found.found.size} found</span>}
        {logCount > 0 && (
          <label>
            <input type="checkbox" checked={withLogs} onChange={() => setWithLogs(!withLogs)} /> {logCount}{' '}
            {logCount === 1 ? 'log' : 'logs'}
          </label>
        )}
        {chosenStretch && (
          <span class="stretch">
            <span role="status">
              {duration(stretch.fromMs)} to {duration(stretch.toMs)} of {duration(wholeMs)}
            </span>
            <button type="button" class="plain" title="0" onClick={() => setStretch(undefined)}>
              show all
            </button>
          </span>
        )}
        {services.length > 1 &&
          services.map((service, index) => (
            <span key={service} class="legend">
              <span class={`swatch c${index % 8}`} /> {service}
            </span>
          ))}
      </div>
      <div
        class="waterfall-rows"
        ref={scroller}
        style={{ '--names': `${nameWidth}px` }}
        onKeyDown={(event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          const chosen = chosenId === undefined ? undefined : tree.byId.get(chosenId);
          const aroundMs = chosen ? (chosen.startMs + chosen.endMs) / 2 : wholeMs / 2;
          const next = stretchBy(event, stretch, wholeMs, aroundMs);
          if (!next) return walk(event, rows, chosenId, onChoose, fold);
          show(next);
          event.preventDefault();
        }}
      >
        <Ruler stretch={stretch} wholeMs={wholeMs} widthPx={width - nameWidth} onStretch={show} />
        <div class="canvas" role="tree" aria-label="Spans" style={{ height: `${rows.length * SPAN_PX}px` }}>
          {shown.map((row, index) => (
            <WaterfallRowView
              key={row.key}
              row={row}
              yPx={(first + index) * SPAN_PX}
              waterfall={waterfall}
              stretch={stretch}
              isChosen={'node' in row && row.kind !== 'log' && row.node.id === chosenId}
              isFound={found === undefined || (row.kind === 'span' && found.found.has(row.node.id))}
              onChoose={onChoose}
              onFold={fold}
            />
          ))}
        </div>
      </div>
    </div>
  );
}

const countLogs = (tree: Tree) =>
  [...tree.byId.values()].reduce((sum, node) => sum + node.logs.length, tree.looseLogs.length);

const INDENT_PX = 14;
const LEAST_NAMES_PX = 140;
/** The fold, the error mark, and air. */
const AROUND_NAME_PX = 52;
const GHOST_NAME = 'parent 00000000… not received here';

/** As wide as its longest name, up to 45 %. */
function nameColumn(rows: readonly WaterfallRow[], width: number, font: string): number {
  let longest = { depth: 0, name: '' };
  for (const row of rows) {
    if (row.kind === 'log') continue;
    const name = row.node.span?.name ?? GHOST_NAME;
    if (row.depth * 2 + name.length > longest.depth * 2 + longest.name.length)
      longest = { depth: row.depth, name };
  }
  const needed = longest.depth * INDENT_PX + AROUND_NAME_PX + textWidth(longest.name, font);
  return Math.round(Math.min(Math.max(LEAST_NAMES_PX, needed), width * 0.45));
}

/** The shorthand is empty as soon as figures are tabular. */
function bodyFont(): string {
  const { fontSize, fontFamily } = getComputedStyle(document.body);
  return `${fontSize} ${fontFamily}`;
}

let measure: CanvasRenderingContext2D | null = null;

function textWidth(text: string, font: string): number {
  measure ??= document.createElement('canvas').getContext('2d');
  if (!measure) return text.length * 8;
  measure.font = font;
  return measure.measureText(text).width;
}

function useReveal(
  scroller: { current: HTMLElement | null },
  rows: readonly WaterfallRow[],
  id: string | undefined,
): void {
  const index = rows.findIndex((row) => row.kind !== 'log' && row.node.id === id);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || index < 0) return;
    const yPx = index * SPAN_PX;
    const roomPx = element.clientHeight - 2 * SPAN_PX;
    if (yPx < element.scrollTop) element.scrollTop = yPx;
    else if (yPx > element.scrollTop + roomPx) element.scrollTop = yPx - roomPx;
  }, [index, scroller]);
  useEffect(() => {
    // The focus follows the choice only when it was in the tree.
    if (document.activeElement?.getAttribute('role') === 'treeitem')
      scroller.current?.querySelector<HTMLElement>('[aria-selected=true]')?.focus({ preventScroll: true });
  }, [index, scroller]);
}

function walk(
  event: KeyboardEvent,
  rows: readonly WaterfallRow[],
  chosenId: string | undefined,
  onChoose: (id: string) => void,
  onFold: (id: string) => void,
): void {
  const spans = rows.filter((row) => row.kind !== 'log');
  const at = spans.findIndex((row) => row.node.id === chosenId);
  const row = spans[at];
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: spans.length - 1 }[event.key];
  if (to !== undefined) {
    const next = spans[Math.min(spans.length - 1, Math.max(0, to))];
    if (next) onChoose(next.node.id);
  } else if (row && event.key === 'ArrowLeft') {
    if (row.isOpen && row.node.children.length > 0) onFold(row.node.id);
    else if (row.node.parent) onChoose(row.node.parent.id);
  } else if (row && event.key === 'ArrowRight') {
    const child = row.node.children[0];
    if (!row.isOpen) onFold(row.node.id);
    else if (child) onChoose(child.id);
  } else return;
  event.preventDefault();
}
