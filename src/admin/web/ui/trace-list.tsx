// Part of the page: the list of traces. Rows have one height, the opened trace has its own; only what is in sight is drawn.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { DESTINATION_IDS, DESTINATION_NAMES } from '../../../model/signals.ts';
import type { TraceRow } from '../../api/shapes.ts';
import { SHORT_NAMES } from '../model/chips.ts';
import { place } from '../state/address.ts';
import { cursor } from '../state/cursor.ts';
import { opened } from '../state/opened.ts';
import { useStore } from '../state/store.ts';
import { loadOlder, traces } from '../state/traces.ts';
import { OpenedTrace } from './opened-trace.tsx';
import { columnsOf, TraceRowView } from './trace-row.tsx';
import { useHeight, useInSight } from './window.ts';

export const ROW_PX = 26;
const OVERSCAN = 8;

export function TraceListView() {
  const { rows, matching, kept, keepsOneIn, isLoading } = useStore(traces);
  const { traceId } = useStore(place);
  const at = useStore(cursor);
  const shown = withOpened(rows, traceId, useStore(opened)?.trace?.row);
  const scroller = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const { topPx, heightPx } = useInSight(scroller);
  const openIndex = traceId === undefined ? -1 : shown.findIndex((row) => row.id === traceId);
  const openPx = useHeight(panel, openIndex >= 0);
  const yOf = (index: number) => index * ROW_PX + (openIndex >= 0 && index > openIndex ? openPx : 0);
  const first = Math.max(0, indexAt(topPx, openIndex, openPx) - OVERSCAN);
  const last = Math.min(shown.length, indexAt(topPx + heightPx, openIndex, openPx) + OVERSCAN);
  useEffect(() => {
    if (last >= shown.length - OVERSCAN) void loadOlder();
  }, [last, shown.length]);
  useHold(scroller, shown, Math.min(first + OVERSCAN, indexAt(topPx, openIndex, openPx)));
  useReveal(scroller, at ?? traceId, traceId, shown, yOf);
  const columns = columnsOf(shown);
  const longestMs = useLongest(shown);
  return (
    <section class="list" aria-label="Traces">
      <div
        class="rows"
        ref={scroller}
        role="table"
        aria-label="Traces, newest first"
        aria-rowcount={shown.length + 1}
      >
        <div class={`row columns ${columns}`} role="row" aria-rowindex={1}>
          <span role="columnheader">time</span>
          <span role="columnheader">request</span>
          <span role="columnheader" class="user">
            user
          </span>
          <span role="columnheader" class="service">
            service
          </span>
          <span role="columnheader" class="code">
            code
          </span>
          <span role="columnheader" class="took">
            duration
          </span>
          <span role="columnheader" class="bar-cell">
            <span class="unseen">compared</span>
          </span>
          <span role="columnheader" class="spans">
            spans
          </span>
          {DESTINATION_IDS.map((id) => (
            <span key={id} role="columnheader" class="to" title={DESTINATION_NAMES[id]}>
              <span class="long">{SHORT_NAMES[id]}</span>
              <span class="short" aria-hidden="true">
                {SHORT_NAMES[id][0]}
              </span>
            </span>
          ))}
        </div>
        <div class="canvas" role="rowgroup" style={{ height: `${yOf(shown.length)}px` }}>
          {shown.slice(first, last).map((row, index) => (
            <TraceRowView
              key={row.id}
              row={row}
              columns={columns}
              yPx={yOf(first + index)}
              index={first + index}
              isOpen={row.id === traceId}
              isCurrent={
                row.id === (at ?? traceId) ||
                (at === undefined && traceId === undefined && first + index === 0)
              }
              longestMs={longestMs}
            />
          ))}
          {openIndex >= 0 && (
            <div
              class="opened-row"
              role="row"
              style={{ transform: `translateY(${(openIndex + 1) * ROW_PX}px)` }}
            >
              <div role="cell" ref={panel}>
                <OpenedTrace heightPx={heightPx - ROW_PX * 4} />
              </div>
            </div>
          )}
        </div>
        {shown.length === 0 && (
          <p class="empty">{isLoading ? 'Loading' : 'No trace that is kept matches the filter.'}</p>
        )}
      </div>
      <p class="sum" role="status">
        {matching === kept ? `${kept} traces` : `${matching} of ${kept} traces`}
        {keepsOneIn > 1 &&
          `; under this load one in ${keepsOneIn} is kept here, errors and slow ones first. All are delivered.`}
      </p>
    </section>
  );
}

type Scroller = { readonly current: HTMLElement | null };

/** A trace that was opened by its address may not be among those listed: it then comes first. */
function withOpened(
  rows: readonly TraceRow[],
  id: string | undefined,
  row: TraceRow | undefined,
): readonly TraceRow[] {
  if (id === undefined || rows.some((known) => known.id === id)) return rows;
  return row?.id === id ? [row, ...rows] : rows;
}

function indexAt(yPx: number, openIndex: number, openPx: number): number {
  const openTop = (openIndex + 1) * ROW_PX;
  if (openIndex < 0 || yPx <= openTop) return Math.ceil(yPx / ROW_PX);
  return yPx < openTop + openPx ? openIndex + 1 : Math.ceil((yPx - openPx) / ROW_PX);
}

/** What one reads stays where it is when newer rows come in above it. */
function useHold(scroller: Scroller, rows: readonly TraceRow[], firstInView: number): void {
  const anchor = useRef<string | undefined>(undefined);
  useLayoutEffect(() => {
    const element = scroller.current;
    const isReading = element && (element.scrollTop > 0 || element.querySelector('.opened-row'));
    const before = isReading ? rows.findIndex(({ id }) => id === anchor.current) : -1;
    if (element && before > firstInView) element.scrollTop += (before - firstInView) * ROW_PX;
    else anchor.current = rows[firstInView]?.id;
  }, [rows, scroller, firstInView]);
}

function useReveal(
  scroller: Scroller,
  id: string | undefined,
  openId: string | undefined,
  rows: readonly TraceRow[],
  yOf: (index: number) => number,
): void {
  const isThere = id !== undefined && rows.some((row) => row.id === id);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element || !isThere) return;
    const yPx = yOf(rows.findIndex((row) => row.id === id));
    const isOpen = id === openId;
    const { scrollTop, clientHeight } = element;
    // Opened: its row goes up, with one neighbour in view above it.
    if (isOpen || yPx < scrollTop) element.scrollTop = Math.max(0, yPx - (isOpen ? ROW_PX : 0));
    else if (yPx + ROW_PX * 2 > scrollTop + clientHeight) element.scrollTop = yPx + ROW_PX * 2 - clientHeight;
  }, [id, openId, isThere]);
}

function useLongest(rows: readonly TraceRow[]): number {
  const longest = useRef(1);
  for (const { durationMs } of rows) if (durationMs > longest.current) longest.current = durationMs;
  return longest.current;
}
