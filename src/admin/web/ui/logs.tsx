// Part of the page: log records, newest first, each with the trace that it was written in.
import { useRef, useState } from 'preact/hooks';
import { DESTINATION_IDS, DESTINATION_NAMES } from '../../../model/signals.ts';
import type { LogRow } from '../../api/shapes.ts';
import { SHORT_NAMES, viewChip } from '../model/chips.ts';
import { clock, count, exactTime } from '../model/format.ts';
import { asText } from '../model/important.ts';
import { openTrace } from '../state/address.ts';
import { logs } from '../state/live.ts';
import { useStore } from '../state/store.ts';
import { AttributeTable } from './attributes.tsx';
import { MarkedText } from './redacted.tsx';
import { Sign } from './sign.tsx';
import { severityTone } from './waterfall-row.tsx';
import { useHeight, useInSight } from './window.ts';

const ROW_PX = 26;
const OVERSCAN = 10;
const LEVELS: readonly (readonly [number, string])[] = [
  [0, 'all severities'],
  [9, 'info and worse'],
  [13, 'warnings and worse'],
  [17, 'errors'],
];

export function Logs() {
  const rows = useStore(logs);
  const [text, setText] = useState('');
  const [least, setLeast] = useState(0);
  const [openId, setOpenId] = useState<string>();
  const wanted = text.trim().toLowerCase();
  const shown = (rows ?? []).filter(
    (row) => row.severityNumber >= least && (wanted === '' || textOf(row).includes(wanted)),
  );
  return (
    <>
      <search class="filter">
        <input
          type="search"
          data-filter
          aria-label="Filter logs by text"
          placeholder="text, attribute or trace id"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <select
          aria-label="severity"
          value={least}
          onChange={(event) => setLeast(Number(event.currentTarget.value))}
        >
          {LEVELS.map(([level, name]) => (
            <option key={level} value={level}>
              {name}
            </option>
          ))}
        </select>
        <span class="sum" role="status">
          {rows === undefined ? 'Loading' : `${count(shown.length)} of ${count(rows.length)} logs`}
        </span>
      </search>
      <LogTable rows={shown} openId={openId} onOpen={(id) => setOpenId(id === openId ? undefined : id)} />
      {rows?.length === 0 && (
        <p class="empty">
          No log record has arrived. Send OTLP logs to /v1/logs; the Pipeline shows the address.
        </p>
      )}
    </>
  );
}

const textOf = (row: LogRow) =>
  `${asText(row.body)}\n${row.service}\n${row.traceId ?? ''}\n${JSON.stringify(row.attributes)}`.toLowerCase();

interface TableProps {
  rows: readonly LogRow[];
  openId: string | undefined;
  onOpen(id: string): void;
}

function LogTable({ rows, openId, onOpen }: TableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const { topPx, heightPx } = useInSight(scroller);
  const openIndex = rows.findIndex(({ id }) => id === openId);
  const openPx = useHeight(panel, openIndex >= 0);
  const yOf = (index: number) => index * ROW_PX + (openIndex >= 0 && index > openIndex ? openPx : 0);
  const first = Math.max(0, Math.floor((topPx - openPx) / ROW_PX) - OVERSCAN);
  const shown = rows.slice(first, Math.ceil((topPx + heightPx) / ROW_PX) + OVERSCAN);
  const open = rows[openIndex];
  return (
    <div
      class="rows logs"
      ref={scroller}
      role="table"
      aria-label="Logs, newest first"
      aria-rowcount={rows.length + 1}
    >
      <div class="row columns" role="row">
        {['time', 'severity', 'message', 'service', 'trace'].map((name) => (
          <span key={name} role="columnheader">
            {name}
          </span>
        ))}
        {DESTINATION_IDS.map((id) => (
          <span key={id} role="columnheader" class="to" title={DESTINATION_NAMES[id]}>
            {SHORT_NAMES[id][0]}
          </span>
        ))}
      </div>
      <div class="canvas" role="rowgroup" style={{ height: `${yOf(rows.length)}px` }}>
        {shown.map((row, index) => (
          <LogRowView
            key={row.id}
            row={row}
            index={first + index}
            yPx={yOf(first + index)}
            isOpen={row.id === openId}
            onOpen={onOpen}
          />
        ))}
        {open && (
          <div
            class="opened-row"
            role="row"
            style={{ transform: `translateY(${(openIndex + 1) * ROW_PX}px)` }}
          >
            <div role="cell" class="opened log-details" ref={panel}>
              <pre class="mono">
                <MarkedText
                  text={typeof open.body === 'string' ? open.body : JSON.stringify(open.body, null, 2)}
                />
              </pre>
              <AttributeTable title="Attributes" attributes={open.attributes} find="" />
              <AttributeTable title="Resource" attributes={open.resource} find="" />
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

interface RowProps {
  row: LogRow;
  index: number;
  yPx: number;
  isOpen: boolean;
  onOpen(id: string): void;
}

function LogRowView({ row, index, yPx, isOpen, onOpen }: RowProps) {
  const { id, traceId, spanId } = row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the button inside does the same for keys
    <div
      class={`row ${severityTone(row.severityNumber)} ${isOpen ? 'is-open' : ''}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${yPx}px)` }}
      onClick={() => onOpen(id)}
    >
      <span role="cell" class="time" title={exactTime(row.timeUnixNano)}>
        {clock(row.timeUnixNano)}
      </span>
      <span role="cell" class="severity">
        {row.severity}
      </span>
      <span role="cell" class="message">
        <button type="button" class="plain" aria-expanded={isOpen}>
          <MarkedText text={asText(row.body)} short />
        </button>
      </span>
      <span role="cell" class="service">
        {row.service}
      </span>
      <span role="cell" class="trace mono">
        {traceId && (
          <a
            href={`/traces/${traceId}${spanId ? `?span=${spanId}` : ''}`}
            title={traceId}
            onClick={(event) => {
              event.stopPropagation();
              if (event.metaKey || event.ctrlKey) return;
              event.preventDefault();
              openTrace(traceId, spanId ? { spanId } : {});
            }}
          >
            {traceId.slice(0, 8)}
          </a>
        )}
      </span>
      {DESTINATION_IDS.map((destination) => {
        const view = viewChip(row.chips[destination] ?? {});
        return (
          <span
            key={destination}
            role="cell"
            class="to"
            title={view && `${DESTINATION_NAMES[destination]}: ${view.text}`}
          >
            {view && (
              <span class={`s-${view.state}`}>
                <Sign state={view.state} />
                <span class="unseen">
                  {DESTINATION_NAMES[destination]}: {view.text}
                </span>
              </span>
            )}
          </span>
        );
      })}
    </div>
  );
}
